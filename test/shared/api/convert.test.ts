/** @module The JSON forms lose nothing: every byte comes back. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  blockFromWire,
  blockToWire,
  payloadFromWire,
  payloadToWire,
  submittedOf,
  transactionContentToWire,
  transactionFromWire,
} from '../../../shared/api/convert.ts';
import type { ApiError } from '../../../shared/api/problems.ts';
import { blockSchema } from '../../../shared/api/schemas/block.ts';
import { AMBIGUOUS_TEXTS_MAX } from '../../../shared/api/wire-payload.ts';
import { encodeBody, hashHeader } from '../../../shared/protocol/block/encode.ts';
import { bytesUpTo, list, text, tuple } from '../../../shared/protocol/codec/codec.ts';
import { addressFromBytes } from '../../../shared/protocol/primitives/address.ts';
import { parseChainId } from '../../../shared/protocol/primitives/chain-id.ts';
import { consensusKeyFromBytes } from '../../../shared/protocol/primitives/consensus-key.ts';
import { hashFromBytes } from '../../../shared/protocol/primitives/hash.ts';
import { defineTransaction } from '../../../shared/protocol/transaction/define-transaction.ts';
import { encodeReceipts } from '../../../shared/protocol/transaction/receipt-codec.ts';
import { builtInTransactions } from '../../../shared/protocol/transaction/registry.ts';
import type { SignedTransaction } from '../../../shared/protocol/transaction/transaction.ts';
import { encodeCertificate } from '../../../shared/protocol/votes/encode.ts';
import { aTransaction } from '../../support/transactions.ts';

const RUNS = { numRuns: 60 };
const bytesOf = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = bytesOf(20).map(addressFromBytes);
const units = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n });

const transferTx = fc
  .record({
    recipient: address,
    asset: fc.constantFrom('', '0xab/native', 'x'),
    amount: units,
    nonce: fc.nat(),
  })
  .map(({ nonce, ...payload }) => aTransaction({ type: 0, nonce, payload }));
const messageTx = fc
  .record({
    recipient: address,
    contentType: fc.constantFrom('text/plain', 'application/json'),
    body: fc.uint8Array(),
  })
  .map((payload) => aTransaction({ type: 1, payload }));
const stakeTx = fc
  .record({ consensusKey: bytesOf(32).map(consensusKeyFromBytes), amount: units })
  .map((payload) => aTransaction({ type: 2, payload }));
const anyTx: fc.Arbitrary<SignedTransaction> = fc.oneof(transferTx, messageTx, stakeTx);

describe('a transaction as JSON', () => {
  test('gives back the same bytes, whatever its type', () => {
    fc.assert(
      fc.property(anyTx, (signed) => {
        const wire = JSON.parse(
          JSON.stringify(submittedOf(transactionContentToWire(signed, builtInTransactions))),
        );
        expect(transactionFromWire(wire, builtInTransactions)).toEqual(signed.bytes);
      }),
      RUNS,
    );
  });

  test('names the member that is wrong or unknown', () => {
    const wire = submittedOf(transactionContentToWire(aTransaction(), builtInTransactions));
    expect(faultOf(() => transactionFromWire({ ...wire, fee: 100 }, builtInTransactions))).toBe('/body/fee');
    expect(faultOf(() => transactionFromWire({ ...wire, memo: 'x' }, builtInTransactions))).toBe(
      '/body/memo',
    );
    const payload = { ...wire.payload, amount: -1 };
    expect(faultOf(() => transactionFromWire({ ...wire, payload }, builtInTransactions))).toBe(
      '/body/payload/amount',
    );
  });

  test('takes the code of a type for its name', () => {
    const signed = aTransaction();
    const wire = { ...submittedOf(transactionContentToWire(signed, builtInTransactions)), type: 0 };
    expect(transactionFromWire(wire, builtInTransactions)).toEqual(signed.bytes);
  });
});

const own = defineTransaction<{ label: string; blobs: readonly Uint8Array[] }>({
  type: 1000,
  name: 'own',
  payload: tuple({ label: text({ max: 64 }), blobs: list(bytesUpTo(8), 20) }),
  events: {},
  check() {},
  apply() {},
  addresses: () => [],
});

describe('the payload of a type that nobody wrote a schema for', () => {
  test('tells hex text from bytes by its codec', () => {
    const payload = { label: '0xabcd', blobs: [new Uint8Array([0xab, 0xcd]), new Uint8Array()] };
    expect(payloadFromWire(own as never, payloadToWire(own as never, payload))).toEqual(payload);
  });

  test(`is read with ${AMBIGUOUS_TEXTS_MAX} ambiguous texts and refused with one more`, () => {
    const payloadOf = (blobs: number) => ({
      label: '',
      blobs: Array.from({ length: blobs }, () => new Uint8Array(1)),
    });
    const atLimit = payloadOf(AMBIGUOUS_TEXTS_MAX);
    expect(payloadFromWire(own as never, payloadToWire(own as never, atLimit))).toEqual(atLimit);
    const above = payloadToWire(own as never, payloadOf(AMBIGUOUS_TEXTS_MAX + 1));
    expect(() => payloadFromWire(own as never, above)).toThrow(/TX_PAYLOAD_INVALID/);
  });

  test('is refused with a member too many', () => {
    expect(() => payloadFromWire(own as never, { label: 'a', blobs: [], more: 1 })).toThrow(
      /TX_PAYLOAD_INVALID/,
    );
  });
});

describe('a block as JSON', () => {
  test('gives back the same body and certificate', () => {
    const hash = bytesOf(32).map(hashFromBytes);
    const certificate = fc.record({
      height: fc.nat(),
      round: fc.nat(1_000),
      blockHash: hash,
      bitmap: bytesOf(1),
      signatures: fc.array(bytesOf(64), { maxLength: 3 }),
    });
    const header = fc.record({
      version: fc.constant(1),
      chainId: fc.constant(parseChainId('test')),
      height: fc.nat(),
      round: fc.nat(1_000),
      timeMs: fc.nat(2 ** 41),
      proposer: bytesOf(32).map(consensusKeyFromBytes),
      parentHash: hash,
      lastCommitHash: hash,
      txRoot: hash,
      receiptRoot: hash,
      stateRoot: hash,
      evidenceHash: hash,
      validatorsHash: hash,
      nextValidatorsHash: hash,
      paramsHash: hash,
    });
    const block = fc.record({
      header,
      lastCommit: fc.option(certificate),
      evidence: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 2 }),
      transactions: fc.array(anyTx, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(block, certificate, (value, commit) => {
        const body = encodeBody(value);
        const encodedCommit = encodeCertificate(commit);
        const receipts = encodeReceipts(
          value.transactions.map((tx) => ({ txHash: tx.hash, status: 0, fee: 100n, events: [] })),
        );
        const stored = { hash: hashHeader(value.header), body, certificate: encodedCommit, receipts };
        const wire: unknown = JSON.parse(JSON.stringify(blockToWire(stored, builtInTransactions)));
        expect(blockSchema.safeParse(wire).success).toBe(true);
        expect(blockFromWire(wire, builtInTransactions)).toEqual({
          height: value.header.height,
          hash: stored.hash,
          body,
          certificate: encodedCommit,
        });
      }),
      RUNS,
    );
  });
});

function faultOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return (error as ApiError).errors[0]?.pointer;
  }
  return undefined;
}
