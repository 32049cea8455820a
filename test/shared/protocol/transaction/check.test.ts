import { describe, expect, it } from 'vitest';
import { nativeVerifier } from '../../../../shared/native/verifier.ts';
import { DEFAULT_PARAMS } from '../../../../shared/protocol/block/params.ts';
import { parseConsensusKey } from '../../../../shared/protocol/primitives/consensus-key.ts';
import { ZERO_HASH } from '../../../../shared/protocol/primitives/hash.ts';
import {
  MESSAGE_BODY_BYTES_MAX,
  TRANSACTION_BYTES_MAX,
} from '../../../../shared/protocol/primitives/limits.ts';
import {
  checkTransaction,
  checkTransactionSignature,
  checkValidUntil,
  verifyTransactionSignature,
} from '../../../../shared/protocol/transaction/check.ts';
import {
  decodeTransaction,
  encodeTransaction,
  signBytesOf,
  withIdentity,
} from '../../../../shared/protocol/transaction/encode.ts';
import { compareFeeRate, replacementFee, requiredFee } from '../../../../shared/protocol/transaction/fees.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import type { SignedTransaction } from '../../../../shared/protocol/transaction/transaction.ts';
import { PAYLOADS, vectorTransaction } from '../../../support/transaction-vectors.ts';
import { anAddress, aTransaction, TEST_GENESIS_HASH } from '../../../support/transactions.ts';

const code = (expected: string) => expect.objectContaining({ name: 'TransactionError', code: expected });
const check = (signed: SignedTransaction, params = DEFAULT_PARAMS) =>
  checkTransaction(signed, params, builtInTransactions);
const aMessage = (bodyBytes: number, contentType = 'text/plain') =>
  aTransaction({
    type: 1,
    payload: { recipient: anAddress(2), contentType, body: new Uint8Array(bodyBytes) },
  });

/** The same transaction with other fields and its old signature. */
function altered(signed: SignedTransaction, fields: object): SignedTransaction {
  const transaction = { ...signed.transaction, ...fields };
  return withIdentity(transaction, encodeTransaction(transaction, builtInTransactions));
}

describe('checkTransaction', () => {
  it('accepts a transfer and a message', () => {
    expect(() => check(aTransaction())).not.toThrow();
    expect(() => check(aMessage(0))).not.toThrow();
  });

  it.each(PAYLOADS.map(([name, type], index) => [name, type, index] as const).filter(([, type]) => type > 8))(
    'TX_TYPE_INACTIVE: %s (%i) is encoded but not executed',
    (_name, _type, index) => {
      expect(() => check(vectorTransaction(index))).toThrow(code('TX_TYPE_INACTIVE'));
    },
  );

  it.each(
    PAYLOADS.map(([name, type], index) => [name, type, index] as const).filter(([, type]) => type <= 8),
  )('accepts %s (%i) as far as no state is needed', (_name, _type, index) => {
    expect(() => check(vectorTransaction(index))).not.toThrow();
  });

  it.each([2, 3])('TX_PAYLOAD_INVALID: staking and unstaking nothing (%i)', (type) => {
    const consensusKey = parseConsensusKey(`0x${'c5'.repeat(32)}`);
    expect(() => check(aTransaction({ type, payload: { consensusKey, amount: 0n } }))).toThrow(
      code('TX_PAYLOAD_INVALID'),
    );
    expect(() => check(aTransaction({ type, payload: { consensusKey, amount: 1n } }))).not.toThrow();
  });

  it('TX_TYPE_UNKNOWN: a decoded transaction whose type is not in this registry', () => {
    const signed = aTransaction();
    const foreign = { ...signed, transaction: { ...signed.transaction, type: 17 } };
    expect(() => check(foreign)).toThrow(code('TX_TYPE_UNKNOWN'));
  });

  it('TX_PAYLOAD_INVALID: a transfer of nothing', () => {
    const payload = { recipient: anAddress(2), asset: '', amount: 0n };
    expect(() => check(aTransaction({ payload }))).toThrow(code('TX_PAYLOAD_INVALID'));
    expect(() => check(aTransaction({ payload: { ...payload, amount: 1n } }))).not.toThrow();
  });

  it('TX_FEE_TOO_LOW: one unit below min_fee + fee_per_byte x bytes', () => {
    const params = { ...DEFAULT_PARAMS, minFee: 1_000n, feePerByte: 3n };
    const size = aTransaction({ fee: 1_400n }).bytes.length;
    const required = requiredFee(params, size);
    expect(required).toBe(1_000n + 3n * BigInt(size));
    expect(() => check(aTransaction({ fee: required }), params)).not.toThrow();
    expect(() => check(aTransaction({ fee: required - 1n }), params)).toThrow(code('TX_FEE_TOO_LOW'));
  });

  it('TX_TOO_LARGE: one byte above the limit, before anything is decoded', () => {
    expect(() => decodeTransaction(new Uint8Array(TRANSACTION_BYTES_MAX + 1), builtInTransactions)).toThrow(
      code('TX_TOO_LARGE'),
    );
    expect(() => decodeTransaction(new Uint8Array(TRANSACTION_BYTES_MAX), builtInTransactions)).toThrow(
      code('TX_MALFORMED'),
    );
    const signed = aTransaction();
    expect(() => check({ ...signed, bytes: new Uint8Array(TRANSACTION_BYTES_MAX + 1) })).toThrow(
      code('TX_TOO_LARGE'),
    );
  });

  it('takes a message body up to the limit and no further', () => {
    const largest = aMessage(MESSAGE_BODY_BYTES_MAX);
    expect(decodeTransaction(largest.bytes, builtInTransactions)).toEqual(largest);
    expect(() => aMessage(MESSAGE_BODY_BYTES_MAX + 1)).toThrow(/body|32768/);
  });

  it.each(['text', 'text/', '/plain', 'Text/plain', 'text/plain; charset=utf-8', `a/${'b'.repeat(127)}`])(
    'refuses the content type %s',
    (contentType) => {
      expect(() => aMessage(0, contentType)).toThrow();
    },
  );
});

describe('checkValidUntil', () => {
  it('TX_EXPIRED: a height before the next block, 0 always', () => {
    expect(() => checkValidUntil(aTransaction({ validUntil: 7 }), 7)).not.toThrow();
    expect(() => checkValidUntil(aTransaction({ validUntil: 7 }), 8)).toThrow(code('TX_EXPIRED'));
    expect(() => checkValidUntil(aTransaction({ validUntil: 0 }), 1)).toThrow(code('TX_EXPIRED'));
  });

  it('TX_VALID_UNTIL_TOO_FAR: more than 100,000 blocks ahead', () => {
    expect(() => checkValidUntil(aTransaction({ validUntil: 100_007 }), 7)).not.toThrow();
    expect(() => checkValidUntil(aTransaction({ validUntil: 100_008 }), 7)).toThrow(
      code('TX_VALID_UNTIL_TOO_FAR'),
    );
  });
});

describe('checkTransactionSignature', () => {
  it('TX_BAD_SIGNATURE: any change of a signed field, or another chain', () => {
    const signed = aTransaction();
    expect(() => checkTransactionSignature(signed, TEST_GENESIS_HASH, nativeVerifier)).not.toThrow();
    for (const fields of [{ nonce: 1 }, { fee: 101n }, { validUntil: 999 }]) {
      const forged = altered(signed, fields);
      expect(() => checkTransactionSignature(forged, TEST_GENESIS_HASH, nativeVerifier)).toThrow(
        code('TX_BAD_SIGNATURE'),
      );
    }
    expect(() => checkTransactionSignature(signed, ZERO_HASH, nativeVerifier)).toThrow(
      code('TX_BAD_SIGNATURE'),
    );
    expect(verifyTransactionSignature(signed, ZERO_HASH, nativeVerifier)).toBe(false);
  });

  it('TX_BAD_KEY: a key of small order or beyond the field', () => {
    const smallOrder = new Uint8Array(32);
    smallOrder[0] = 1;
    for (const publicKey of [smallOrder, new Uint8Array(32).fill(0xff)]) {
      const forged = altered(aTransaction(), { publicKey });
      expect(() => checkTransactionSignature(forged, TEST_GENESIS_HASH, nativeVerifier)).toThrow(
        code('TX_BAD_KEY'),
      );
    }
  });

  it('derives sign bytes from canonical bytes only', () => {
    expect(() => signBytesOf(new Uint8Array(100), TEST_GENESIS_HASH)).toThrow(code('TX_MALFORMED'));
  });
});

describe('fees', () => {
  it.each([
    [0n, 1n],
    [1n, 2n],
    [10n, 11n],
    [11n, 13n],
    [20n, 22n],
    [21n, 24n],
    [100n, 110n],
    [101n, 112n],
  ])('replaces a fee of %i with %i: a tenth more, rounded up, at least 1', (fee, replacement) => {
    expect(replacementFee(fee)).toBe(replacement);
  });

  it('compares fees per byte without rounding', () => {
    const rate = (fee: bigint, byteLength: number) => ({ fee, byteLength });
    expect(compareFeeRate(rate(2n, 200), rate(1n, 100))).toBe(0);
    expect(compareFeeRate(rate(2n ** 62n + 1n, 200), rate(2n ** 61n, 100))).toBe(1);
    expect(compareFeeRate(rate(2n ** 62n - 1n, 200), rate(2n ** 61n, 100))).toBe(-1);
  });
});
