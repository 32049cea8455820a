import { describe, expect, it } from 'vitest';
import { encodeBody } from '../../../../shared/protocol/block/encode.ts';
import { uint } from '../../../../shared/protocol/codec/codec.ts';
import { addressOf } from '../../../../shared/protocol/crypto/keys.ts';
import { buildBlock } from '../../../../shared/protocol/execution/build-block.ts';
import {
  CANDIDATES_REJECTED_MAX,
  CANDIDATES_SKIPPED_MAX,
} from '../../../../shared/protocol/execution/choose-transactions.ts';
import { RECEIPTS_BYTES_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import { defineTransaction } from '../../../../shared/protocol/transaction/define-transaction.ts';
import { encodeReceipts } from '../../../../shared/protocol/transaction/receipt-codec.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import type { SignedTransaction } from '../../../../shared/protocol/transaction/transaction.ts';
import {
  ALLOCATION,
  aGenesis,
  aMessage,
  aSigner,
  aTransaction,
  aTransfer,
  InMemoryChain,
} from '../../../support/in-memory-chain.ts';

const [alice, bob, carol] = [aSigner('account 0'), aSigner('account 1'), aSigner('account 2')];
const bobAddress = addressOf(bob.publicKey);

function rejectedCode(
  candidate: (chain: InMemoryChain) => SignedTransaction,
  params = {},
): string | undefined {
  const chain = new InMemoryChain(aGenesis({ params }));
  const executed = chain.build([candidate(chain)]);
  expect(executed.block.transactions).toEqual([]);
  return executed.rejected[0]?.code;
}

describe('candidates that may not be in the block are passed over and reported', () => {
  it('TX_NONCE_TOO_HIGH', () => {
    expect(rejectedCode((chain) => aTransfer(chain, alice, bobAddress, 1n, { nonce: 1 }))).toBe(
      'TX_NONCE_TOO_HIGH',
    );
  });

  it('TX_NONCE_TOO_LOW, and the next nonce of that sender still gets in', () => {
    const chain = new InMemoryChain();
    const first = aTransfer(chain, alice, bobAddress, 1n);
    chain.produce([first]);
    const { block, rejected } = chain.build([first, aTransfer(chain, alice, bobAddress, 2n)]);
    expect(rejected).toEqual([{ hash: first.hash, code: 'TX_NONCE_TOO_LOW' }]);
    expect(block.transactions).toHaveLength(1);
  });

  it('TX_CANNOT_PAY_FEE at one unit more than the balance, applied at the balance', () => {
    const fee = ALLOCATION + 1n;
    expect(rejectedCode((chain) => aMessage(chain, alice, bobAddress, '', { fee }))).toBe(
      'TX_CANNOT_PAY_FEE',
    );
    const chain = new InMemoryChain();
    const { block } = chain.build([aMessage(chain, alice, bobAddress, '', { fee: ALLOCATION })]);
    expect(block.transactions).toHaveLength(1);
  });

  it('TX_FEE_TOO_LOW', () => {
    const params = { minFee: 10n };
    expect(rejectedCode((chain) => aTransfer(chain, alice, bobAddress, 1n, { fee: 9n }), params)).toBe(
      'TX_FEE_TOO_LOW',
    );
  });

  it('TX_EXPIRED', () => {
    expect(rejectedCode((chain) => aTransfer(chain, alice, bobAddress, 1n, { validUntil: 0 }))).toBe(
      'TX_EXPIRED',
    );
  });

  it('TX_SENDER_NOT_A_PARTY on a chain between two others', () => {
    const chain = new InMemoryChain();
    const parties = [bobAddress, addressOf(carol.publicKey)];
    const context = { ...chain.context, genesis: { ...chain.genesis, parties } };
    const candidates = [aTransfer(chain, alice, bobAddress, 1n), aTransfer(chain, bob, bobAddress, 1n)];
    const executed = buildBlock(context, { ...requestOf(chain), candidates });
    expect(executed.rejected.map(({ code }) => code)).toEqual(['TX_SENDER_NOT_A_PARTY']);
    expect(executed.block.transactions).toEqual([candidates[1]]);
  });

  it('one report for a sender: those behind it only wait', () => {
    const chain = new InMemoryChain();
    const gap = [1, 2, 3].map((nonce) => aTransfer(chain, alice, bobAddress, 1n, { nonce }));
    const good = aTransfer(chain, carol, bobAddress, 1n);
    const { block, rejected } = chain.build([...gap, good]);
    expect(rejected).toHaveLength(1);
    expect(block.transactions).toEqual([good]);
  });

  it(`stops at ${CANDIDATES_REJECTED_MAX} refusals`, () => {
    const chain = new InMemoryChain();
    const stale = aTransfer(chain, alice, bobAddress, 1n);
    chain.produce([stale]);
    const candidates = new Array<SignedTransaction>(CANDIDATES_REJECTED_MAX).fill(stale);
    const good = aTransfer(chain, carol, bobAddress, 1n);
    expect(chain.build([...candidates.slice(1), good]).block.transactions).toEqual([good]);
    expect(chain.build([...candidates, good]).block.transactions).toEqual([]);
  });
});

describe('a block has room', () => {
  const size = 20_000;
  const fill = (chain: InMemoryChain, count: number) =>
    Array.from({ length: count }, (_, nonce) =>
      aMessage(chain, alice, bobAddress, 'x'.repeat(size), { nonce }),
    );

  it('up to block_transactions_max', () => {
    const chain = new InMemoryChain(aGenesis({ params: { blockTransactionsMax: 2 } }));
    const candidates = [0, 1, 2].map((nonce) => aTransfer(chain, alice, bobAddress, 1n, { nonce }));
    expect(chain.build(candidates).block.transactions).toEqual(candidates.slice(0, 2));
  });

  it('up to block_bytes_max, to the byte', () => {
    const probe = new InMemoryChain();
    // The builder keeps two bytes for a longer list head that a short list does not use.
    const bytes = probe.build(fill(probe, 3)).body.length + 2;
    for (const [blockBytesMax, count] of [
      [bytes, 3],
      [bytes - 1, 2],
    ] as const) {
      const chain = new InMemoryChain(aGenesis({ params: { blockBytesMax } }));
      const { body, block } = chain.build(fill(chain, 3));
      expect(block.transactions).toHaveLength(count);
      expect(body.length).toBeLessThanOrEqual(blockBytesMax);
    }
  });

  it('never over it, however many fill it', () => {
    const chain = new InMemoryChain(aGenesis({ params: { blockBytesMax: 200_000 } }));
    const small = Array.from({ length: 2_000 }, (_, nonce) =>
      aTransfer(chain, alice, bobAddress, 1n, { nonce }),
    );
    const { body, block } = chain.build(small);
    expect(body.length).toBeLessThanOrEqual(200_000);
    expect(body.length).toBeGreaterThan(199_000);
    expect(body).toEqual(encodeBody(block));
  });

  it(`for a small one behind ${CANDIDATES_SKIPPED_MAX - 1} that do not fit, not behind ${CANDIDATES_SKIPPED_MAX}`, () => {
    const accounts = CANDIDATES_SKIPPED_MAX + 2;
    const chain = new InMemoryChain(aGenesis({ accounts, params: { blockBytesMax: 1_200 + size } }));
    const large = Array.from({ length: accounts - 1 }, (_, index) =>
      aMessage(chain, aSigner(`account ${index}`), bobAddress, 'x'.repeat(size)),
    );
    const small = aTransfer(chain, aSigner(`account ${accounts - 1}`), bobAddress, 1n);
    const [first] = large;
    expect(chain.build([...large.slice(0, CANDIDATES_SKIPPED_MAX), small]).block.transactions).toEqual([
      first,
      small,
    ]);
    expect(chain.build([...large, small]).block.transactions).toEqual([first]);
  });

  it('for a successor only when its predecessor is in', () => {
    const chain = new InMemoryChain(aGenesis({ params: { blockBytesMax: 2_000 } }));
    const large = aMessage(chain, alice, bobAddress, 'x'.repeat(size));
    const { block, rejected } = chain.build([large, aTransfer(chain, alice, bobAddress, 1n, { nonce: 1 })]);
    expect(block.transactions).toEqual([]);
    expect(rejected).toEqual([]);
  });
});

describe('receipts of a block', () => {
  const shout = defineTransaction<number>({
    type: 1_000,
    name: 'shout',
    payload: uint(),
    events: { noise: ['sound'] },
    check() {},
    apply(context, { payload }) {
      for (let event = 0; event < 16; event++) context.emit('noise', [new Uint8Array(payload)]);
    },
    addresses: () => [],
  });

  it('fill one row and no more: what does not fit waits for the next block', () => {
    const chain = new InMemoryChain(aGenesis(), builtInTransactions.extend(shout));
    const loud = Array.from({ length: 120 }, (_, nonce) =>
      aTransaction(chain, alice, { type: 1_000, payload: 1_024 }, { nonce }),
    );
    const quiet = aTransaction(chain, bob, { type: 1_000, payload: 0 });
    const { block, receipts, receiptBytes, rejected } = chain.build([...loud, quiet]);
    expect(receiptBytes).toEqual(encodeReceipts(receipts));
    expect(receiptBytes.length).toBeLessThanOrEqual(RECEIPTS_BYTES_MAX);
    expect(receiptBytes.length).toBeGreaterThan(RECEIPTS_BYTES_MAX - 20_000);
    expect(rejected.map(({ code }) => code)).toEqual(['TX_RECEIPT_DOES_NOT_FIT']);
    expect(block.transactions.at(-1)).toBe(quiet);
  });

  it.each([0, 1, 23, 24, 255, 256])('of %i transactions are the list that the codec writes', (count) => {
    const chain = new InMemoryChain();
    const candidates = Array.from({ length: count }, (_, nonce) =>
      aTransfer(chain, alice, bobAddress, 1n, { nonce }),
    );
    const { receipts, receiptBytes } = chain.build(candidates);
    expect(receipts).toHaveLength(count);
    expect(receiptBytes).toEqual(encodeReceipts(receipts));
  });
});

describe('buildBlock asserts', () => {
  it('that the block time has passed', () => {
    const chain = new InMemoryChain();
    const request = requestOf(chain);
    expect(() => buildBlock(chain.context, { ...request, timeMs: request.timeMs - 1 })).toThrow('waits');
  });

  it('that the builder is the proposer of the round', () => {
    const chain = new InMemoryChain(aGenesis({ validators: 2 }));
    expect(() => buildBlock(chain.context, { ...requestOf(chain), round: 1 })).toThrow('only the proposer');
  });
});

function requestOf(chain: InMemoryChain): Parameters<typeof buildBlock>[1] {
  const { block } = chain.build([]);
  const { timeMs, proposer } = block.header;
  const { state, parent } = chain;
  return { state, pages: state, parent, round: 0, timeMs, proposer, candidates: [] };
}
