/** @module How far back a subscription can begin: what the ledger has, what only the chain has, and what neither has. */
import { createClient } from '@libsql/client/web';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startObjects, type TestObjects } from '../../support/objects.ts';
import { connect, type RawClient } from './raw-client.ts';

const BLOCKS = 5;
/** The lowest block that neither the chain nor its ledger has dropped at the end. */
const LOWEST = 3;

let objects: TestObjects;

beforeAll(async () => {
  objects = await startObjects({ entry: 'test/durable-objects/hub/worker.ts' });
  const created = await objects.create();
  expect(created.ok).toBe(true);
  for (let nonce = 0; nonce < BLOCKS; nonce += 1) await objects.untilFinal(objects.transfer(0, nonce));
  await objects.untilDrained();
});
afterAll(() => objects?.stop());

/** A client of a hub in a new life, which has no block in memory. */
async function client(): Promise<RawClient> {
  await objects.node.restart();
  return await connect(objects.node.wsUrl);
}

async function dropFromChain(below: number): Promise<void> {
  const chain = (await objects.chain()) as unknown as { dropBelow(height: number): Promise<void> };
  await chain.dropBelow(below);
}

async function dropFromLedger(below: number): Promise<void> {
  const ledger = createClient({ url: objects.node.ledger?.primary ?? '' });
  for (const table of ['address_transactions', 'receipts', 'transactions', 'blocks'])
    await ledger.execute({ sql: `delete from ${table} where height < ?`, args: [below] });
  ledger.close();
}

/** Heights that a subscription from `height` on is sent before it is live. */
async function replayed(from: RawClient, height: number): Promise<number[]> {
  const { sub } = await from.subscribe({ topic: 'new_blocks', from_height: height });
  await from.until('the head', () => from.frames.some((f) => f.type === 'caught_up' && f.sub === sub));
  return from
    .events()
    .filter((event) => event.sub === sub)
    .map((event) => event.height);
}

it('is what the ledger has where the chain has dropped it', async () => {
  await dropFromChain(LOWEST);
  const reader = await client();
  expect(await replayed(reader, 1)).toEqual([1, 2, 3, 4, 5]);
  reader.close();
});

it('ends a subscription that begins one block below what both have with REPLAY_HORIZON, and no other', async () => {
  await dropFromLedger(LOWEST);
  const reader = await client();
  const { sub } = await reader.subscribe({ topic: 'new_blocks', from_height: LOWEST - 1 });
  await reader.until('the error', () => reader.frames.at(-1)?.type === 'error');
  const error = { code: 'REPLAY_HORIZON', status: 410 };
  expect(reader.frames.at(-1)).toMatchObject({ id: null, sub, error });
  expect(await replayed(reader, LOWEST)).toEqual([3, 4, 5]);
  expect(reader.closed.code).toBeNull();
  reader.close();
});
