import { describe, expect, it } from 'vitest';
import type { Block } from '../../../../shared/protocol/block/block.ts';
import { BlockError } from '../../../../shared/protocol/block/block-error.ts';
import {
  decodeBody,
  decodeHeader,
  encodeBody,
  encodeHeader,
  hashHeader,
} from '../../../../shared/protocol/block/encode.ts';
import { CodecError } from '../../../../shared/protocol/codec/codec.ts';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import { ZERO_HASH } from '../../../../shared/protocol/primitives/hash.ts';
import {
  BLOCK_BYTES_MAX,
  BLOCK_TRANSACTIONS_MAX,
  EVIDENCE_ITEMS_MAX,
  ROUND_MAX,
} from '../../../../shared/protocol/primitives/limits.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import type { SignedTransaction } from '../../../../shared/protocol/transaction/transaction.ts';
import { aMessage, aSigner, aTransfer, InMemoryChain } from '../../../support/in-memory-chain.ts';

const alice = aSigner('account 0');
const bobAddress = addressOf(aSigner('account 1').publicKey);
const chain = new InMemoryChain();
chain.produce([aTransfer(chain, alice, bobAddress, 1n)]);
const { block } = chain.build([
  aTransfer(chain, alice, bobAddress, 5n, { nonce: 1 }),
  aMessage(chain, alice, bobAddress, 'hello', { nonce: 2 }),
]);

function decodeCode(bytes: Uint8Array): { code: string; details: object } {
  try {
    decodeBody(bytes, builtInTransactions);
  } catch (error) {
    if (error instanceof BlockError) return error;
    throw error;
  }
  throw new Error('the body was accepted');
}

/** A transaction of which only the bytes matter. */
const raw = (bytes: Uint8Array): SignedTransaction => ({ ...(block.transactions[0] ?? never()), bytes });

describe('a body', () => {
  it('comes back from its bytes with hashes and senders', () => {
    expect(decodeBody(encodeBody(block), builtInTransactions)).toEqual(block);
  });

  it('carries the bytes of its transactions as they came', () => {
    const decoded = decodeBody(encodeBody(block), builtInTransactions);
    expect(decoded.transactions.map(({ bytes }) => bytes)).toEqual(
      block.transactions.map(({ bytes }) => bytes),
    );
  });

  it('is BLOCK_TOO_LARGE above the size of any chain, before anything is read', () => {
    expect(decodeCode(new Uint8Array(BLOCK_BYTES_MAX + 1)).code).toBe('BLOCK_TOO_LARGE');
    expect(decodeCode(new Uint8Array(BLOCK_BYTES_MAX)).code).toBe('BLOCK_MALFORMED');
  });

  it('is BLOCK_MALFORMED cut short, with bytes left over, or in another form', () => {
    const bytes = encodeBody(block);
    expect(decodeCode(bytes.subarray(0, -1)).code).toBe('BLOCK_MALFORMED');
    expect(decodeCode(Uint8Array.from([...bytes, 0])).code).toBe('BLOCK_MALFORMED');
    expect(decodeCode(new Uint8Array(0)).code).toBe('BLOCK_MALFORMED');
    // The head of the body with its count of four in a byte of its own.
    expect(decodeCode(Uint8Array.from([0x98, 4, ...bytes.subarray(1)])).code).toBe('BLOCK_MALFORMED');
  });

  it('is BLOCK_TX_INVALID with the index of a transaction that does not decode', () => {
    const transactions = [...block.transactions, raw(Uint8Array.of(0x80))];
    const error = decodeCode(encodeBody({ ...block, transactions }));
    expect(error).toMatchObject({ code: 'BLOCK_TX_INVALID', details: { index: 2, tx_code: 'TX_MALFORMED' } });
  });

  it(`has at most ${BLOCK_TRANSACTIONS_MAX} transactions`, () => {
    const many = (count: number): Block => ({
      ...block,
      transactions: new Array<SignedTransaction>(count).fill(raw(Uint8Array.of(0))),
    });
    const full = encodeBody(many(BLOCK_TRANSACTIONS_MAX));
    expect(decodeCode(full)).toMatchObject({ code: 'BLOCK_TX_INVALID', details: { index: 0 } });
    expect(() => encodeBody(many(BLOCK_TRANSACTIONS_MAX + 1))).toThrow(CodecError);
  });

  it(`has at most ${EVIDENCE_ITEMS_MAX} items of evidence`, () => {
    const evidence = new Array<Uint8Array>(EVIDENCE_ITEMS_MAX).fill(Uint8Array.of(1));
    expect(decodeBody(encodeBody({ ...block, evidence }), builtInTransactions).evidence).toEqual(evidence);
    const more = [...evidence, Uint8Array.of(1)];
    expect(() => encodeBody({ ...block, evidence: more })).toThrow(CodecError);
  });
});

describe('a header', () => {
  it('comes back from its bytes, at the largest values too', () => {
    const { header } = block;
    expect(decodeHeader(encodeHeader(header))).toEqual(header);
    const largest = {
      ...header,
      version: Number.MAX_SAFE_INTEGER,
      height: Number.MAX_SAFE_INTEGER,
      timeMs: Number.MAX_SAFE_INTEGER,
      round: ROUND_MAX,
    };
    expect(decodeHeader(encodeHeader(largest))).toEqual(largest);
    expect(() => encodeHeader({ ...largest, round: ROUND_MAX + 1 })).toThrow(CodecError);
  });

  it('of a reserved chain id is refused', () => {
    const text = (id: string): Uint8Array => new TextEncoder().encode(id);
    const bytes = encodeHeader(block.header);
    const at = 3;
    expect(bytes.subarray(at, at + 7)).toEqual(text('testnet'));
    const reserved = Uint8Array.from(bytes);
    reserved.set(text('default'), at);
    expect(() => decodeHeader(reserved)).toThrow('chain id');
  });

  it('changes its hash with each of its fields', () => {
    const { header } = block;
    const hashes = Object.keys(header).map((field) => {
      const value = header[field as keyof typeof header];
      const other = typeof value === 'number' ? value + 1 : field === 'chainId' ? 'other' : ZERO_HASH;
      return hashHeader({ ...header, [field]: other });
    });
    expect(new Set([hashHeader(header), ...hashes]).size).toBe(16);
  });
});

function never(): never {
  throw new Error('must not happen');
}
