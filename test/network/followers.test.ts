/**
 * @module Four validators and three followers, each a process with workerd and sqld of its own: a transaction sent to any of
 * them is final on all, a beacon reaches all, and whoever was away has what it missed.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import { until } from '../support/devnet.ts';

const VALIDATORS = 4;
const FOLLOWERS = 3;
/** A busy machine needs more than the few hundred milliseconds that it takes. */
const ARRIVAL_MS_MAX = 5_000;
const BEACONS = 7;

let folder: string;
let cluster: Cluster;
let followers: string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atoll-followers-'));
  cluster = await Cluster.start(folder, VALIDATORS, ['--followers', String(FOLLOWERS)]);
  const { nodes } = cluster.devnet.ready;
  followers = nodes.filter(({ role }) => role === 'follower').map(({ name }) => name);
}, 120_000);
afterAll(async () => {
  await cluster?.devnet.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** Milliseconds until the transaction stands so on each node, in the order of their names. */
async function arrivals(hash: string, status: string): Promise<number[]> {
  const started = performance.now();
  return Promise.all(
    cluster.names.map(async (name) => {
      const isThere = async () => (await cluster.status(name, hash).catch(() => '')) === status;
      await until(`${hash} ${status} on ${name}`, isThere, 30_000);
      return performance.now() - started;
    }),
  );
}

/** Sum of the samples of a metric of a node whose labels contain `labels`. */
async function metric(node: string, name: string, labels: string): Promise<number> {
  const text = await (await fetch(`${cluster.url(node)}/metrics`)).text();
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) && line.includes(labels))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
const figures = async (name: string, labels: string) =>
  Promise.all(cluster.names.map((node) => metric(node, name, labels)));

const rounded = (times: readonly number[]) => times.map((ms) => ms.toFixed(0)).join(' ');

describe('four validators and three followers', { timeout: 120_000 }, () => {
  test('are seven nodes of which the devnet says what they do', async () => {
    expect(cluster.devnet.ready.nodes.map(({ role }) => role)).toEqual([
      ...Array(VALIDATORS).fill('validator'),
      ...Array(FOLLOWERS).fill('follower'),
    ]);
    const states = await cluster.states();
    expect(states.map(({ consensus_key }) => consensus_key === null)).toEqual([
      ...Array(VALIDATORS).fill(false),
      ...Array(FOLLOWERS).fill(true),
    ]);
  });

  test('have a transfer that was sent to any of them final everywhere', async () => {
    for (const name of cluster.names) {
      const { hash, ms } = await cluster.timeToFinal(name);
      const times = await arrivals(hash, 'final');
      console.log(
        `followers: sent to ${name}, final there after ${ms.toFixed(0)} ms, then everywhere ${rounded(times)} ms`,
      );
      expect(Math.max(...times)).toBeLessThan(ARRIVAL_MS_MAX);
    }
  });

  test('all hear a beacon, each once, from whichever node it comes', async () => {
    const delivered = () => figures('blockchain_gossip_delivered_total', 'kind="transaction"');
    const duplicates = () => figures('blockchain_gossip_duplicates_total', 'kind="transaction"');
    const [deliveredBefore, duplicatesBefore] = [await delivered(), await duplicates()];
    for (let index = 0; index < BEACONS; index++) {
      const from = cluster.names[index % cluster.names.length] ?? '';
      // It waits for one before it, so that no block carries it.
      const times = await arrivals(await cluster.beacon(from), 'pending');
      console.log(`followers: a beacon from ${from} reached all ${times.length} in ${rounded(times)} ms`);
      expect(Math.max(...times)).toBeLessThan(ARRIVAL_MS_MAX);
    }
    const expected = cluster.names.map((_, index) => (deliveredBefore[index] ?? 0) + BEACONS - 1);
    await until(
      'the figures',
      async () => JSON.stringify(await delivered()) === JSON.stringify(expected),
      5_000,
    );
    const copies = (await duplicates()).map((count, index) => count - (duplicatesBefore[index] ?? 0));
    console.log(`followers: copies per node of ${BEACONS} beacons: ${copies.join(' ')}`);
    // A node hears of a content from several neighbours, and takes it from one.
    expect(Math.max(...copies)).toBeLessThanOrEqual(2 * BEACONS);
    for (const node of followers) {
      expect(
        await metric(node, 'blockchain_gossip_latency_seconds_count', 'kind="transaction"'),
      ).toBeGreaterThan(0);
      expect(await metric(node, 'blockchain_gossip_delivered_total', 'kind="block"')).toBeGreaterThan(0);
    }
  });

  test('bring a follower that was killed, and one that was cut off, to where the others are', async () => {
    const [killed = '', cut = '', other = ''] = followers;
    await Promise.all([cluster.kill(killed), cluster.order(cut, 'cut')]);
    const alone = await cluster.send(cut);
    const hashes: string[] = [];
    for (let index = 0; index < 6; index++) {
      hashes.push(await cluster.send('node1'));
      await cluster.untilFinal(hashes.slice(-1), ['node1', other]);
    }
    await Promise.all([cluster.order(killed, 'start-node'), cluster.order(cut, 'heal')]);
    const back = performance.now();
    await cluster.untilFinal([...hashes, alone]);
    console.log(
      `followers: the two have it all ${(performance.now() - back).toFixed(0)} ms after their return`,
    );
    await cluster.expectSameChain();
  });
});
