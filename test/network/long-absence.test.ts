/**
 * @module A node that was off for 10,000 blocks of one transaction: it catches up, every block verified, and its storage
 * can be lost and begun again from a snapshot. How fast is measured by `npm run bench -- --only sync`.
 */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/devnet.ts';
import {
  follow,
  hashesOf,
  headOf,
  joinThrough,
  makeBlocks,
  type NetworkNode,
  startFollower,
  startValidator,
  syncStatus,
} from '../support/network-chain.ts';
import { getJson, post, signedTransfer, walletOf } from '../support/stranger.ts';

const BEFORE = 3;
const ABSENCE = 10_000;
const HEAD = BEFORE + ABSENCE;
const SNAPSHOT_INTERVAL = 4_000;
const SNAPSHOT = 2 * SNAPSHOT_INTERVAL;
/** Transactions of one request. */
const BATCH = 100;
/** Transactions that wait for their block: enough that the chain never does, few enough to be chosen from quickly. */
const WAITING_MAX = 400;
const MADE_MS = 300_000;
const CAUGHT_UP_MS = 180_000;

let validator: NetworkNode;
let follower: Awaited<ReturnType<typeof startFollower>>;
let hashes: string[];
beforeAll(async () => {
  validator = await startValidator({
    params: { blockTransactionsMax: 1 },
    env: { SNAPSHOT_INTERVAL: String(SNAPSHOT_INTERVAL) },
  });
  follower = await startFollower();
  await makeBlocks(validator.node, BEFORE);
  await follow(follower.node, validator.node);
  await joinThrough(follower.node, validator.node);
  await until('the head', async () => (await headOf(follower.node)) === BEFORE, CAUGHT_UP_MS);
  await follower.node.halt();
  await makeManyBlocks(validator, ABSENCE);
  hashes = await hashesOf(validator.node, HEAD);
}, MADE_MS);
afterAll(() => Promise.all([follower?.node.stop(), validator?.node.stop()]));

/** Blocks of one transaction each, made as fast as the chain makes them: each account sends in turn. */
async function makeManyBlocks({ node }: NetworkNode, count: number): Promise<void> {
  const wallets = node.accounts
    .slice(2)
    .map(({ address, publicKey, privateKey }) =>
      walletOf({ address, public_key: publicKey, private_key: privateKey }),
    );
  const target = (await headOf(node)) + count;
  for (let sent = 0; sent < count; sent += BATCH) {
    const transactions = Array.from({ length: BATCH }, (_, index) => {
      const from = wallets[(sent + index) % wallets.length];
      const to = wallets[(sent + index + 1) % wallets.length];
      if (from === undefined || to === undefined) throw new Error('the chain has accounts');
      const nonce = Math.floor((sent + index) / wallets.length);
      return signedTransfer(node.genesisHash, from, to.address, 1n, { nonce }).body;
    });
    const response = await post(`${node.url}/rpc/send_txs`, { transactions });
    expect(response.status, await response.text()).toBe(200);
    const behind = target - count + sent + BATCH - WAITING_MAX;
    await until(`height ${behind}`, async () => (await headOf(node)) >= behind, MADE_MS);
  }
  await until(`height ${target}`, async () => (await headOf(node)) >= target, MADE_MS);
}

describe('a node that was off for 10,000 blocks', () => {
  it(
    'catches up and has the same block at every height',
    async () => {
      const began = Date.now();
      await follower.restart();
      await until('the head', async () => (await headOf(follower.node)) === HEAD, CAUGHT_UP_MS);
      const seconds = (Date.now() - began) / 1_000;
      expect(await hashesOf(follower.node, HEAD)).toEqual(hashes);
      await until('rest', async () => (await syncStatus(follower.node)).state === 'synced', CAUGHT_UP_MS);
      const { imported_total, divergence } = await syncStatus(follower.node);
      expect(imported_total).toBeGreaterThan(ABSENCE - BATCH);
      expect(divergence).toBeNull();
      console.log(`long absence: ${ABSENCE} blocks in ${seconds.toFixed(1)} s, with the start of the node`);
    },
    CAUGHT_UP_MS,
  );

  it(
    'begins again from a snapshot when its storage is lost',
    async () => {
      await follower.node.halt();
      await rm(follower.node.persistDir, { recursive: true });
      await follower.restart({ SYNC_FROM: 'snapshot' });
      await follow(follower.node, validator.node);
      await joinThrough(follower.node, validator.node);
      await until('the head', async () => (await headOf(follower.node)) === HEAD, CAUGHT_UP_MS);
      for (const height of [SNAPSHOT, SNAPSHOT + 1, HEAD]) {
        const block = await getJson<{ hash: string }>(`${follower.node.url}/rpc/get_block/${height}`);
        expect(block.hash).toBe(hashes[height - 1]);
      }
      expect((await fetch(`${follower.node.url}/rpc/get_block/${SNAPSHOT - 1}`)).status).toBe(404);
    },
    CAUGHT_UP_MS,
  );
});
