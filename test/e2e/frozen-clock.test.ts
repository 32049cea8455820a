/**
 * @module The node under a clock that stands still while code runs, as at Cloudflare: nothing may wait by looking at the
 * clock, or find a timer not yet due when it fires and set it again and again.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLOCK_NOTE } from '../support/clock-report.ts';
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
import { startTestNode, type TestNode } from '../support/node.ts';
import { ReturningSubscriber } from '../support/returning-subscriber.ts';
import { getJson, type SignedBody, signedTransfer, type Wallet } from '../support/stranger.ts';

const BLOCK_TIME_MS = 400;
const HOUR_MS = 3_600_000;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe('a node whose clock stands still within an event', () => {
  let node: TestNode;
  let wallets: Wallet[];
  const transfer = (sender: number, nonce: number): SignedBody => {
    const [from, to] = [wallets[sender], wallets[sender + 1]];
    if (from === undefined || to === undefined) throw new Error('the node has ten accounts');
    return signedTransfer(node.genesisHash, from, to.address, 5n, { nonce });
  };

  beforeAll(async () => {
    node = await startTestNode({ entry: FROZEN_ENTRY, params: { blockTimeMs: BLOCK_TIME_MS } });
    wallets = walletsOf(node.accounts);
  });
  afterAll(() => node?.stop());

  test('sees no time go by while it computes, and sees it with the next event', async () => {
    const { before, computed, awaited, later } = await getJson<Record<string, number[]>>(
      `${node.url}/frozen/still`,
    );
    expect(computed).toEqual(before);
    expect(awaited).toEqual(before);
    for (const [index, value] of (later ?? []).entries())
      expect(value - (before?.[index] ?? 0)).toBeGreaterThanOrEqual(79);
  });

  test('makes transfers final, one block time apart, by few timers', async () => {
    const { timers } = await clockReport(node.url);
    const heights: number[] = [];
    for (let nonce = 0; nonce < 4; nonce += 1) {
      const outcome = await send(node.url, transfer(0, nonce), 'final');
      expect(outcome, JSON.stringify(outcome)).toMatchObject({ status: 'final' });
      heights.push(outcome.height ?? 0);
    }
    expect(heights).toEqual([1, 2, 3, 4]);
    const times = await Promise.all(
      heights.map(async (height) => {
        const block = await getJson<{ timestamp: string }>(`${node.url}/rpc/get_block/${height}`);
        return Date.parse(block.timestamp);
      }),
    );
    for (const [index, ms] of times.entries())
      if (index > 0) expect(ms - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(BLOCK_TIME_MS);
    const { timers: after } = await clockReport(node.url);
    expect(after - timers).toBeLessThan(4 * TIMERS_MAX);
  });

  test('tries its ledger again after longer and longer pauses, and drains when it is back', async () => {
    const failures = () => node.logs.filter((line) => line.includes('a delivery failed'));
    await until('a drained ledger', () => isDrained());
    await node.ledger?.stopServer('primary');
    const { timers } = await clockReport(node.url);
    expect(await send(node.url, transfer(1, 0), 'final')).toMatchObject({ status: 'final' });
    await until('four failed drains', () => failures().length >= 4);
    const pauses = failures().map((line) => Number(/"retry_in_ms":(\d+)/.exec(line)?.[1]));
    expect(pauses.slice(0, 4)).toEqual([100, 200, 400, 800]);
    expect((await clockReport(node.url)).timers - timers).toBeLessThan(TIMERS_MAX);
    await node.ledger?.startServer('primary');
    await until('a drained ledger', () => isDrained(), 20_000);
  });

  test('replays every block to a subscriber, and goes on live', async () => {
    const subscriber = new ReturningSubscriber(node.wsUrl);
    try {
      await until('the replay', () => subscriber.events.length === 5);
      expect(await send(node.url, transfer(1, 1), 'final')).toMatchObject({ status: 'final' });
      await until('the live event', () => subscriber.events.length === 6);
      expect(subscriber.events.map(({ height }) => height)).toEqual([1, 2, 3, 4, 5, 6]);
    } finally {
      subscriber.stop();
    }
  });

  test('lets a transaction expire by the alarm, once, and rests', async () => {
    const early = transfer(2, 1);
    expect(await send(node.url, early, 'none')).toMatchObject({ status: 'pending' });
    const status = () => getJson<Outcome>(`${node.url}/rpc/transaction/${early.hash}`);
    await getJson(`${node.url}/frozen/pass?chain=${node.chainId}&ms=${HOUR_MS - 10_000}`);
    await pause(500);
    expect(await status()).toMatchObject({ status: 'pending' });
    await getJson(`${node.url}/frozen/pass?chain=${node.chainId}&ms=10000`);
    await until('the expiry', async () => (await status()).status === 'expired');
    const { timers } = await clockReport(node.url);
    await pause(500);
    expect((await clockReport(node.url)).timers - timers).toBeLessThan(3);
    expect(await send(node.url, transfer(2, 0), 'final')).toMatchObject({ status: 'final' });
  });

  test('reads the clock a few times in each event, and would be told of a loop', async () => {
    const { faults, readsMax, reads, events } = await clockReport(node.url);
    console.log(`frozen clock: ${events} events, ${reads} reads, at most ${readsMax} within one`);
    expect(events).toBeGreaterThan(100);
    expect(readsMax).toBeLessThan(READS_MAX);
    expect(faults).toEqual([]);
    const response = await fetch(`${node.url}/frozen/loop`);
    expect(await response.json()).toMatchObject({ error: expect.stringContaining(CLOCK_NOTE) });
    expect((await clockReport(node.url)).faults).toHaveLength(1);
  });

  async function isDrained(): Promise<boolean> {
    const { head_height, ledger_height } = await getJson<Record<string, number>>(`${node.url}/sync_status`);
    return head_height === ledger_height;
  }
});
