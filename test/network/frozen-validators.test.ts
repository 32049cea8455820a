/** @module Four validators whose clocks stand still while code runs, as at Cloudflare: rounds end by timers alone. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Devnet, startDevnet } from '../../cli/devnet/devnet.ts';
import { until } from '../support/devnet.ts';
import {
  clockReport,
  FROZEN_ENTRY,
  type Outcome,
  READS_MAX,
  send,
  TIMERS_MAX,
  walletsOf,
} from '../support/frozen-nodes.ts';
import { getJson, signedTransfer, type Wallet } from '../support/stranger.ts';

describe('four validators whose clocks stand still within an event', () => {
  const NODES = 4;
  let folder: string;
  let devnet: Devnet;
  let wallets: Wallet[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'atoll-frozen-'));
    devnet = await startDevnet({
      nodes: NODES,
      port: 0,
      stateDir: folder,
      reset: false,
      blockTimeMs: 400,
      emptyBlocks: 'never',
      logLevel: 'info',
      entry: FROZEN_ENTRY,
      note: () => undefined,
      signal: new AbortController().signal,
    });
    wallets = walletsOf(devnet.accounts);
  });
  afterAll(async () => {
    await devnet?.stop();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  const url = (index: number): string => devnet.nodes[index]?.url ?? '';
  const nonces = [0, 0, 0, 0];

  /** One transfer through each of these nodes, of an account of its own, final on all of them. */
  async function makeFinal(nodes: readonly number[]): Promise<void> {
    const hashes = await Promise.all(
      nodes.map(async (index) => {
        const [from, to] = [wallets[index], wallets[index + 1]];
        const nonce = nonces[index] ?? 0;
        if (from === undefined || to === undefined) throw new Error('a devnet has ten accounts');
        nonces[index] = nonce + 1;
        const transfer = signedTransfer(devnet.genesisHash, from, to.address, 3n, { nonce });
        expect(await send(url(index), transfer, 'none')).toMatchObject({ status: 'pending' });
        return transfer.hash;
      }),
    );
    await untilFinal(hashes, nodes);
  }

  async function untilFinal(hashes: readonly string[], nodes: readonly number[]): Promise<void> {
    const isFinal = async (index: number, hash: string) =>
      await getJson<Outcome>(`${url(index)}/rpc/transaction/${hash}`).then(
        ({ status }) => status === 'final',
        () => false,
      );
    for (const index of nodes)
      for (const hash of hashes)
        await until(`${hash} final on node ${index + 1}`, () => isFinal(index, hash), 30_000);
  }

  test('agree on heights, also while one is away and rounds end by timers', async () => {
    const all = [0, 1, 2, 3];
    await makeFinal(all);
    const [away] = devnet.nodes.slice(-1);
    await away?.pause();
    // Each is the first proposer of about one height in four; that of the one who is away needs a second round.
    for (let turns = 0; turns < 2 * NODES && !(await hasLostRound(url(0))); turns += 1)
      await makeFinal([0, 1, 2]);
    expect(await hasLostRound(url(0))).toBe(true);
    await away?.resume();
    await makeFinal(all);

    const { height } = await getJson<{ height: number }>(`${url(0)}/rpc/get_head`);
    for (let at = 1; at <= height; at += 1) {
      const block = (index: number) => getJson<{ hash: string }>(`${url(index)}/rpc/get_block/${at}`);
      const hashes = await Promise.all(all.map(async (index) => (await block(index)).hash));
      expect(new Set(hashes).size, `hashes at height ${at}`).toBe(1);
    }
    for (const index of all) {
      const { faults, timers, reads, readsMax } = await clockReport(url(index));
      console.log(
        `frozen clock: node ${index + 1}: ${timers} timers, ${reads} reads, at most ${readsMax} within one`,
      );
      expect(faults).toEqual([]);
      expect(readsMax).toBeLessThan(READS_MAX);
      expect(timers).toBeLessThan(height * TIMERS_MAX);
    }
  }, 90_000);
});

/** True once some height of the node's chain has needed more than one round. */
async function hasLostRound(url: string): Promise<boolean> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const value = (name: string) =>
    Number(new RegExp(`^blockchain_${name}\\S* (\\d+)$`, 'm').exec(metrics)?.[1]);
  return value('consensus_rounds_total') > value('head_height');
}
