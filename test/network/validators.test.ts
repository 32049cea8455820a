/**
 * @module Four validators in four nodes, each a process with workerd and sqld of its own, through the faults of real life.
 * VALIDATORS_LONG=1 strikes every node with every fault and times more transfers.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import { seeded } from '../support/seeded.ts';

const LONG = process.env.VALIDATORS_LONG === '1';
const NODES = 4;
const TIMED_TRANSFERS = LONG ? 400 : 32;
/** Transfers that have to become final while a node is away. */
const TRANSFERS_MEANWHILE = 4;
const PAUSE_MS = 10_000;
/** How long a chain without a quorum is watched, from a moment on when nothing is under way any more. */
const NO_QUORUM_MS = LONG ? 30_000 : 4_000;
const SETTLE_MS = 1_000;
/** The promise is a second on an idle machine; one that runs other tests at the same time gets this much. */
const P50_MS_MAX = 1_500;

const random = seeded(`atoll validators ${new Date().toISOString().slice(0, 10)}`);
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

let folder: string;
let cluster: Cluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'atoll-validators-'));
  const started = performance.now();
  cluster = await Cluster.start(folder, NODES);
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  console.log(`validators: seed ${random.seed}, ${NODES} nodes ready in ${seconds} s`);
}, 120_000);
afterAll(async () => {
  await cluster?.devnet.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** The nodes that are struck one after the other: one, or in the long form all in seeded order. */
function victims(): string[] {
  const first = random.pick(cluster.names);
  return LONG ? [first, ...cluster.names.filter((name) => name !== first)] : [first];
}

/** Transfers through each of the nodes in turn. */
async function sendThrough(names: readonly string[], count: number): Promise<string[]> {
  const hashes: string[] = [];
  for (let index = 0; index < count; index += 1) {
    hashes.push(await cluster.send(names[index % names.length] ?? ''));
  }
  return hashes;
}

/** Strikes a node, has transfers final on all others meanwhile, brings it back, and has them final on it, too. */
async function withoutOne(
  victim: string,
  strike: () => Promise<unknown>,
  bringBack: () => Promise<unknown>,
): Promise<void> {
  const others = cluster.names.filter((name) => name !== victim);
  await strike();
  const started = performance.now();
  const hashes = await sendThrough(others, TRANSFERS_MEANWHILE);
  await cluster.untilFinal(hashes, others);
  const gone = performance.now() - started;
  await bringBack();
  const back = performance.now();
  await cluster.untilFinal(hashes, [victim]);
  console.log(
    `validators: without ${victim} ${hashes.length} transfers final in ${gone.toFixed(0)} ms, ` +
      `it has them ${(performance.now() - back).toFixed(0)} ms after its return`,
  );
}

const quantile = (sorted: readonly number[], share: number) =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;

describe('four validators', { timeout: LONG ? 600_000 : 90_000 }, () => {
  test('have transfers that are sent to different nodes final on all of them', async () => {
    const hashes: string[] = [];
    const times: number[] = [];
    for (let index = 0; index < TIMED_TRANSFERS; index += 1) {
      const { hash, ms } = await cluster.timeToFinal(cluster.names[index % NODES] ?? '');
      hashes.push(hash);
      times.push(ms);
    }
    await cluster.untilFinal(hashes);
    times.sort((a, b) => a - b);
    const [p50, p99] = [quantile(times, 0.5), quantile(times, 0.99)];
    console.log(
      `validators: send to final p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms of ${times.length} one by one`,
    );
    expect(p50).toBeLessThan(P50_MS_MAX);
  });

  test('go on without a node that is killed with kill -9, which comes back as it was', async () => {
    for (const victim of victims()) {
      await withoutOne(
        victim,
        () => cluster.kill(victim),
        () => cluster.order(victim, 'start-node'),
      );
    }
  });

  test('go on without a node that is frozen for ten seconds', async () => {
    for (const victim of victims()) {
      let frozenMs = 0;
      await withoutOne(
        victim,
        async () => {
          await cluster.order(victim, 'pause');
          frozenMs = performance.now();
        },
        async () => {
          await sleep(Math.max(0, PAUSE_MS - (performance.now() - frozenMs)));
          await cluster.order(victim, 'resume');
        },
      );
    }
  });

  test('go on without a node that is cut off, which cannot make a block alone', async () => {
    for (const victim of victims()) {
      const before = await cluster.height(victim);
      let alone = '';
      await withoutOne(
        victim,
        async () => {
          await cluster.order(victim, 'cut');
          alone = await cluster.send(victim);
        },
        async () => {
          expect(await cluster.status(victim, alone)).toBe('pending');
          expect(await cluster.height(victim)).toBeLessThanOrEqual(before + 1);
          await cluster.order(victim, 'heal');
        },
      );
      await cluster.untilFinal([alone]);
    }
  });

  test('make no block while two are gone, and lose none', async () => {
    const [first = '', second = ''] = [...cluster.names].sort(() => random.unit() - 0.5);
    const living = cluster.names.filter((name) => name !== first && name !== second);
    await Promise.all([cluster.kill(first), cluster.kill(second)]);
    await sleep(SETTLE_MS);
    const heights = await Promise.all(living.map((name) => cluster.height(name)));
    const waiting = await sendThrough(living, living.length);
    await sleep(NO_QUORUM_MS);
    expect(await Promise.all(living.map((name) => cluster.height(name)))).toEqual(heights);
    for (const [index, hash] of waiting.entries())
      expect(await cluster.status(living[index] ?? '', hash)).toBe('pending');
    await Promise.all([first, second].map((name) => cluster.order(name, 'start-node')));
    await cluster.untilFinal(waiting);
  });

  test('hold the same hash at every height after all were killed at once and started again', async () => {
    await Promise.all(cluster.names.map((name) => cluster.kill(name)));
    await Promise.all(cluster.names.map((name) => cluster.order(name, 'start-node')));
    await cluster.untilFinal(await sendThrough(cluster.names, NODES));
    const height = await cluster.expectSameChain();
    console.log(`validators: the same ${height} hashes on ${NODES} nodes`);
  });
});
