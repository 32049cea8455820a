/** @module A node that is told to begin with a snapshot takes it from its peers, and follows block by block from there. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/devnet.ts';
import {
  follow,
  headOf,
  joinThrough,
  makeBlocks,
  type NetworkNode,
  startFollower,
  startValidator,
} from '../support/network-chain.ts';
import { getJson } from '../support/stranger.ts';

const INTERVAL = 10;
const BLOCKS = 25;
const CAUGHT_UP_MS = 30_000;

let validator: NetworkNode;
let follower: NetworkNode;
beforeAll(async () => {
  validator = await startValidator({ env: { SNAPSHOT_INTERVAL: String(INTERVAL) } });
  await makeBlocks(validator.node, BLOCKS);
  follower = await startFollower({ SYNC_FROM: 'snapshot' });
}, 60_000);
afterAll(async () => {
  await Promise.all([follower?.node.stop(), validator?.node.stop()]);
});

const blockHash = async ({ node }: NetworkNode, height: number) =>
  (await getJson<{ hash: string }>(`${node.url}/rpc/get_block/${height}`)).hash;

describe('SYNC_FROM=snapshot', () => {
  it('starts at the newest snapshot of a peer and follows', async () => {
    await follow(follower.node, validator.node);
    await joinThrough(follower.node, validator.node);
    await until('the head', async () => (await headOf(follower.node)) === BLOCKS, CAUGHT_UP_MS);
    expect(await blockHash(follower, BLOCKS)).toBe(await blockHash(validator, BLOCKS));
    expect(await blockHash(follower, 20)).toBe(await blockHash(validator, 20));
    const below = await fetch(`${follower.node.url}/rpc/get_block/19`);
    expect(below.status).toBe(404);
    await makeBlocks(validator.node, 3, BLOCKS);
    await until(
      'the blocks after it',
      async () => (await headOf(follower.node)) === BLOCKS + 3,
      CAUGHT_UP_MS,
    );
  });
});
