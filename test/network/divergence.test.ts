/** @module A network that began again without one of its nodes: the node says so, and takes nothing of the new chain. */
import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChain } from '../../cli/admin.ts';
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
import { getJson, post } from '../support/stranger.ts';

const OLD = 30;
let validator: NetworkNode;
let follower: Awaited<ReturnType<typeof startFollower>>;
let old: string[];

/** The validator loses its storage and begins again from the same genesis with its key. */
async function reset(blocks: number): Promise<void> {
  const { node } = validator;
  await node.halt();
  await rm(node.persistDir, { recursive: true, force: true, maxRetries: 3 });
  await node.restart({ NODE_URL: node.url, ENVIRONMENT: 'development', ALLOW_PRIVATE_PEERS: 'true' });
  await createChain({ url: node.url, adminToken: node.adminToken, genesis: node.genesis });
  await makeBlocks(node, blocks);
}

const isDiverged = async () => (await syncStatus(follower.node)).state === 'diverged';

beforeAll(async () => {
  validator = await startValidator();
  await makeBlocks(validator.node, OLD);
  old = await hashesOf(validator.node, OLD);
});
afterAll(() => validator?.node.stop());

describe.each([
  ['behind it', 6],
  ['ahead of it', OLD + 40],
])('a node whose network began again and is %s now', (_where, blocks) => {
  beforeAll(async () => {
    if (
      (await headOf(validator.node)) !== OLD ||
      (await hashesOf(validator.node, OLD)).at(-1) !== old.at(-1)
    ) {
      await reset(OLD);
      old = await hashesOf(validator.node, OLD);
    }
    follower = await startFollower();
    await follow(follower.node, validator.node);
    await joinThrough(follower.node, validator.node);
    await until('the old chain', async () => (await headOf(follower.node)) === OLD, 30_000);
    await follower.node.halt();
    await reset(blocks);
    await follower.restart();
    await joinThrough(follower.node, validator.node);
  });
  afterAll(() => follower?.node.stop());

  it('says so with both hashes, loudly, and touches nothing', async () => {
    await until('divergence', isDiverged, 30_000);
    const status = await syncStatus(follower.node);
    expect(status).toMatchObject({ head_height: OLD, head_hash: old.at(-1), catching_up: false });
    const { divergence } = status;
    if (divergence === null) throw new Error('it has diverged');
    expect(divergence).toMatchObject({ kind: 'fork', own_hash: old[divergence.height - 1] });
    const [certified] = (await hashesOf(validator.node, divergence.height)).slice(-1);
    expect(divergence.certified_hash).toBe(certified);
    expect(await hashesOf(follower.node, OLD)).toEqual(old);
    expect(
      follower.node.logs.some((line) => line.includes('"level":"error"') && line.includes('diverged')),
    ).toBe(true);
    const metrics = await (await fetch(`${follower.node.url}/metrics`)).text();
    expect(metrics).toMatch(/^blockchain_sync_state\{[^}]*state="diverged"[^}]*\} 1$/m);
  });

  it('takes no transactions and no blocks by hand, and still says so after a restart', async () => {
    await follower.restart();
    await until('the chain', async () => {
      const answer = await post(`${follower.node.url}/rpc/importBlock`, await firstBlock());
      return ((await answer.json()) as { code?: string }).code === 'CHAIN_HALTED';
    });
    expect(await isDiverged()).toBe(true);
    expect(await headOf(follower.node)).toBe(OLD);
  });
});

async function firstBlock(): Promise<unknown> {
  return await getJson(`${validator.node.url}/rpc/get_block/1`);
}

describe('a node whose chain only shares its name with that of the network', () => {
  it('says so, and goes on as it was', async () => {
    const lost = await startValidator();
    try {
      await makeBlocks(lost.node, 3);
      const before = await hashesOf(lost.node, 3);
      await lost.node.restart({
        NODE_URL: lost.node.url,
        BOOT_NODE: validator.node.url,
        ENVIRONMENT: 'development',
        ALLOW_PRIVATE_PEERS: 'true',
      });
      const { node } = lost;
      await until('divergence', async () => (await syncStatus(node)).state === 'diverged', 30_000);
      const { divergence } = await syncStatus(node);
      expect(divergence).toMatchObject({ kind: 'genesis', own_hash: node.genesisHash, certified_hash: null });
      expect(await hashesOf(node, 3)).toEqual(before);
      const metrics = await (await fetch(`${node.url}/metrics`)).text();
      expect(metrics).toMatch(/^blockchain_state_divergence\{[^}]*\} [1-9]/m);
    } finally {
      await lost.node.stop();
    }
  });
});
