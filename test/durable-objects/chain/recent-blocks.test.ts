/** @module Executed blocks that wait for the drain: none without a ledger that takes them, and never more than one full block. */
import { expect, test } from 'vitest';
import { RECENT_BYTES_MAX, RecentBlocks } from '../../../durable-objects/chain/recent-blocks.ts';
import type { ExecutedBlock } from '../../../shared/protocol/execution/executed-block.ts';
import { aGenesis, InMemoryChain } from '../../support/in-memory-chain.ts';

const chain = new InMemoryChain(aGenesis({ params: { emptyBlocks: 'always' } }));
chain.produce([]);
const [first] = chain.blocks;
if (first === undefined) throw new Error('the chain has made a block');
const { block, receipts } = first.executed;

/** That block at another height, with a body of `bytes`. */
function executed(height: number, bytes: number): Pick<ExecutedBlock, 'block' | 'receipts' | 'body'> {
  return { block: { ...block, header: { ...block.header, height } }, receipts, body: new Uint8Array(bytes) };
}

test('nothing is kept before the ledger takes blocks, nor while it does not', () => {
  const recent = new RecentBlocks();
  recent.keep(executed(1, 100));
  expect(recent.take(1)).toBeUndefined();
  recent.want(true);
  recent.keep(executed(2, 100));
  recent.want(false);
  recent.keep(executed(3, 100));
  expect([recent.take(2), recent.take(3)]).toEqual([undefined, undefined]);
});

test('a block is taken once', () => {
  const recent = new RecentBlocks();
  recent.want(true);
  const kept = executed(1, 100);
  recent.keep(kept);
  expect(recent.take(1)).toEqual({ block: kept.block, receipts: kept.receipts });
  expect(recent.take(1)).toBeUndefined();
});

test('bodies of RECENT_BYTES_MAX are kept, not a byte more, and what was taken makes room', () => {
  const recent = new RecentBlocks();
  recent.want(true);
  recent.keep(executed(1, RECENT_BYTES_MAX - 1));
  recent.keep(executed(2, 1));
  recent.keep(executed(3, 1));
  expect(recent.take(3)).toBeUndefined();
  expect(recent.take(1)).toBeDefined();
  recent.keep(executed(4, RECENT_BYTES_MAX - 1));
  expect([recent.take(2), recent.take(4)].every((block) => block !== undefined)).toBe(true);
});
