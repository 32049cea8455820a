/** @module Nodes that were away: a follower that dies while it catches up, and a validator that signs again afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SyncStatusWire } from '../../shared/api/schemas/sync.ts';
import { Cluster } from '../support/cluster.ts';
import { until } from '../support/devnet.ts';
import {
  follow,
  hashesOf,
  headOf,
  joinThrough,
  makeBlocks,
  startFollower,
  startValidator,
  syncStatus,
} from '../support/network-chain.ts';
import { getJson } from '../support/stranger.ts';

const HEIGHT = 400;
const CAUGHT_UP_MS = 60_000;

describe('a follower that dies while it catches up', () => {
  it('goes on from where its rows end, and takes no block twice', async () => {
    const validator = await startValidator();
    const follower = await startFollower();
    try {
      await makeBlocks(validator.node, HEIGHT);
      await follow(follower.node, validator.node);
      await joinThrough(follower.node, validator.node);
      const deaths: number[] = [];
      while (deaths.length < 3) {
        const floor = deaths.at(-1) ?? 0;
        await until('some blocks', async () => (await headOf(follower.node)) > floor, CAUGHT_UP_MS);
        deaths.push(await headOf(follower.node));
        await follower.restart();
        expect(await headOf(follower.node)).toBeGreaterThanOrEqual(floor);
      }
      expect(deaths[0]).toBeLessThan(HEIGHT);
      await until('the head', async () => (await headOf(follower.node)) === HEIGHT, CAUGHT_UP_MS);
      expect(await hashesOf(follower.node, HEIGHT)).toEqual(await hashesOf(validator.node, HEIGHT));
      await until('rest', async () => (await syncStatus(follower.node)).state === 'synced', CAUGHT_UP_MS);
      const { imported_total, failures_total } = await syncStatus(follower.node);
      // The links bring a few while sync brings the rest.
      expect(imported_total).toBeGreaterThan(HEIGHT / 2);
      expect(imported_total).toBeLessThanOrEqual(HEIGHT);
      expect(failures_total).toBe(0);
      console.log(`catch-up: died at heights ${deaths.join(', ')} of ${HEIGHT}`);
    } finally {
      await Promise.all([validator.node.stop(), follower.node.stop()]);
    }
  });
});

describe('a validator that was away', () => {
  it('catches up with what it missed, and the chain can do without another one at once', async () => {
    const stateDir = await mkdtemp(join(tmpdir(), 'atoll-catch-up-'));
    const cluster = await Cluster.start(stateDir, 4);
    try {
      await cluster.order('node4', 'stop-node');
      const sent: string[] = [];
      for (let i = 0; i < 40; i++) sent.push((await cluster.timeToFinal('node1')).hash);
      await cluster.order('node4', 'start-node');
      const head = await cluster.height('node1');
      await until('the head', async () => (await cluster.height('node4')) >= head, CAUGHT_UP_MS);
      const status = await getJson<SyncStatusWire>(`${cluster.url('node4')}/sync_status`);
      // Whether its links or sync bring more of so short a lag is a matter of moments.
      expect(status).toMatchObject({ catching_up: false, divergence: null });
      // Three of four are needed: without node3 nothing is final that node4 does not sign.
      await cluster.order('node3', 'stop-node');
      const more = [await cluster.send('node1'), await cluster.send('node4')];
      await cluster.untilFinal(more, ['node1', 'node2', 'node4']);
      await cluster.order('node3', 'start-node');
      await cluster.untilFinal([...sent.slice(-1), ...more]);
      await cluster.expectSameChain();
    } finally {
      await cluster.devnet.stop();
      await rm(stateDir, { recursive: true, force: true, maxRetries: 3 });
    }
  }, 240_000);
});
