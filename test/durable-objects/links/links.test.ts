/** @module Links between real nodes in workerd: frames both ways, crossing dials, restarts, sleep, and the fallback. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { INBOUND_BUDGETS } from '../../../durable-objects/chain/links/limits.ts';
import { REQUESTS_WAITING_MAX } from '../../../durable-objects/runtime/request-slots.ts';
import {
  hexOf,
  keysOf,
  type LinkNode,
  requestsOnlyProxy,
  SEEDS,
  startLinkNode,
  tcpProxy,
  tip,
  transactions,
} from './link-node.ts';

let low: LinkNode;
let high: LinkNode;

beforeAll(async () => {
  low = await startLinkNode(SEEDS[0]);
  high = await startLinkNode(SEEDS[1]);
});
afterAll(async () => {
  await Promise.all([low?.node.stop(), high?.node.stop()]);
});

/** Both nodes know each other, each under the URL that is given for it. */
async function introduce(lowUrl = low.node.url, highUrl = high.node.url, more: Record<string, string> = {}) {
  const validators = [low.key, high.key, ...Object.keys(more)];
  await low.setup({ peers: { [low.key]: low.node.url, [high.key]: highUrl, ...more }, validators });
  await high.setup({ peers: { [low.key]: lowUrl, [high.key]: high.node.url }, validators });
}

/** New lives on both sides: no link is left of the test before. */
beforeEach(async () => {
  await Promise.all([low.node.restart(), high.node.restart()]);
  await introduce();
});

const has = (frame: string) => (state: { received: readonly { frame: string }[] }) =>
  state.received.some((received) => received.frame === frame);

describe('a link', () => {
  it('carries frames both ways over one socket', async () => {
    await low.send(high.key, tip(1), tip(2));
    await high.until('two frames', has(hexOf(tip(2))));
    await high.send(low.key, tip(3));
    const atLow = await low.until('a frame', has(hexOf(tip(3))));
    const atHigh = await high.state();
    expect(atHigh.received.map(({ frame, peer }) => [peer, frame])).toEqual([
      [low.key, hexOf(tip(1))],
      [low.key, hexOf(tip(2))],
    ]);
    expect(atLow.connected).toEqual([high.key]);
    expect(atHigh.connected).toEqual([low.key]);
    expect([atLow.incoming, atHigh.incoming]).toEqual([0, 1]);
    expect([atLow.opened, atHigh.opened]).toEqual([[high.key], [low.key]]);
    expect([atLow.stats?.dials, atHigh.stats?.dials]).toEqual([1, 0]);
  });

  it('carries the largest block and many frames in their order', async () => {
    await low.send(high.key, tip(999));
    await high.until('a link', ({ received }) => received.length === 1);
    const body = new Uint8Array(1_000_000).fill(7);
    await low.send(null, { kind: 'block', body });
    const heights = Array.from({ length: 200 }, (_, height) => height);
    await low.send(null, ...heights.map(tip));
    const state = await high.until('all frames', ({ received }) => received.length === 202);
    expect(state.received[1]).toMatchObject({ kind: 'block' });
    expect(state.received.slice(2).map(({ frame }) => frame)).toEqual(
      heights.map((height) => hexOf(tip(height))),
    );
  });

  it('is one when both sides dial at once, and loses nothing', async () => {
    const proxies = [await tcpProxy(low.node.url, 300), await tcpProxy(high.node.url, 300)] as const;
    await introduce(proxies[0].url, proxies[1].url);
    await Promise.all([low.send(high.key, tip(1)), high.send(low.key, tip(2))]);
    await high.until('the frame of low', has(hexOf(tip(1))));
    await low.until('the frame of high', has(hexOf(tip(2))));
    // The socket of the lower key stays: high has it as an incoming one.
    await low.until('no incoming socket', ({ incoming }) => incoming === 0);
    await high.until('one incoming socket', ({ incoming }) => incoming === 1);
    const states = await Promise.all([low.state(), high.state()]);
    expect(states.map(({ stats }) => stats?.dials)).toEqual([1, 1]);
    expect(states.map(({ stats }) => stats?.accepted)).toEqual([1, 1]);
    await low.send(high.key, tip(3));
    await high.send(low.key, tip(4));
    const atHigh = await high.until('another', has(hexOf(tip(3))));
    const atLow = await low.until('another', has(hexOf(tip(4))));
    expect([atLow.received.length, atHigh.received.length]).toEqual([2, 2]);
    expect([atLow.stats?.dials, atHigh.stats?.dials]).toEqual([1, 1]);
    await Promise.all(proxies.map((proxy) => proxy.stop()));
  });

  it('comes back after either side restarted', async () => {
    await low.send(high.key, tip(1));
    await high.until('a frame', has(hexOf(tip(1))));
    await high.node.restart();
    await low.until('a second link', ({ opened }) => opened.length === 2);
    await low.send(high.key, tip(2));
    await high.until('a frame after its restart', has(hexOf(tip(2))));
    await low.node.restart();
    await high.send(low.key, tip(3));
    await low.until('a frame after the restart of the dialler', has(hexOf(tip(3))));
  });

  it('waits for a peer that is not there yet', async () => {
    const later = await tcpProxy(high.node.url);
    await later.stop();
    await introduce(low.node.url, later.url);
    await low.send(high.key, tip(1));
    await low.until('a failed dial', ({ stats }) => (stats?.dials_failed ?? 0) > 0);
    await high.send(low.key, tip(2));
    await high.until('what has waited', has(hexOf(tip(1))));
  });

  it('ends on both sides when the chain is idle, and opens again when there is something to say', async () => {
    await low.send(high.key, tip(1));
    await high.until('a frame', has(hexOf(tip(1))));
    await low.idle();
    await high.idle();
    const isClosed = ({ connected, incoming }: { connected: readonly string[]; incoming: number }) =>
      connected.length === 0 && incoming === 0;
    await low.until('no link', isClosed);
    await high.until('no link', isClosed);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect((await low.state()).stats?.dials).toBe(1);
    await high.send(low.key, tip(2));
    await low.until('a frame', has(hexOf(tip(2))));
  });

  it('is sought as long as there is something to say, and no longer once the chain is idle', async () => {
    const away = await tcpProxy(high.node.url);
    await away.stop();
    await introduce(low.node.url, away.url);
    await low.send(high.key, tip(1));
    await low.until('several dials', ({ stats }) => (stats?.dials ?? 0) >= 2);
    expect((await low.state()).quiet).toBe(false);
    await low.idle();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = await low.state();
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const after = await low.state();
    expect([before.quiet, after.quiet]).toEqual([true, true]);
    expect(after.stats).toEqual(before.stats);
    expect(after.stats).toMatchObject({ queued_bytes: 0, dropped_out: { votes: 1, bulk: 0 } });
  });

  it('goes on after the side that was dialled slept', async () => {
    await low.send(high.key, tip(1));
    const before = await high.until('a frame', has(hexOf(tip(1))));
    await new Promise((resolve) => setTimeout(resolve, 13_000));
    await low.send(high.key, tip(2));
    const after = await high.until('a frame', has(hexOf(tip(2))));
    expect(after.life).not.toBe(before.life);
    expect(after.connected).toEqual([low.key]);
    await high.send(low.key, tip(3));
    await low.until('an answer over the same socket', has(hexOf(tip(3))));
    expect((await low.state()).stats).toMatchObject({ dials: 1, bad_frames: 0 });
  });
});

describe('a peer behind a proxy that upgrades nothing', () => {
  it('is sent its frames in requests', async () => {
    const proxy = await requestsOnlyProxy(high.node.url);
    await introduce(low.node.url, proxy.url);
    for (let height = 1; height <= 5; height += 1) await low.send(high.key, tip(height));
    const state = await high.until('five frames', ({ received }) => received.length === 5);
    expect(state.received.map(({ frame }) => frame)).toEqual(
      [1, 2, 3, 4, 5].map((height) => hexOf(tip(height))),
    );
    expect((await low.state()).stats).toMatchObject({ dials: 1 });
    expect((await low.state()).opened).toEqual([high.key]);
    await proxy.stop();
  });
});

describe('limits', () => {
  it(`never has more than ${REQUESTS_WAITING_MAX} requests waiting, and a live peer is not held up for long`, async () => {
    const silent = await tcpProxy(null);
    const keys = Array.from(
      { length: 12 },
      (_, index) => keysOf(new Uint8Array(32).fill(100 + index)).consensusKey,
    );
    const more = Object.fromEntries(keys.map((key) => [key, silent.url]));
    await introduce(low.node.url, high.node.url, more);
    await low.send(null, tip(1));
    await low.until('four waiting', ({ stats }) => stats?.requests_waiting === REQUESTS_WAITING_MAX);
    await high.until('the frame', has(hexOf(tip(1))), 20_000);
    await new Promise((resolve) => setTimeout(resolve, 6_000));
    expect(silent.counts.total).toBeGreaterThan(REQUESTS_WAITING_MAX);
    expect(silent.counts.most).toBe(REQUESTS_WAITING_MAX);
    await silent.stop();
  });

  it('drops and counts what a peer sends beyond its budget, and takes its votes all the same', async () => {
    await low.send(high.key, tip(1));
    await high.until('a link', has(hexOf(tip(1))));
    const { rate, burst } = INBOUND_BUDGETS.transactions;
    const started = performance.now();
    for (let sent = 0; sent < 10; sent += 1) {
      await low.send(high.key, transactions(240_000), transactions(240_000), transactions(240_000));
    }
    await low.send(high.key, tip(2));
    const state = await high.until('the vote', has(hexOf(tip(2))));
    // A machine that needs long for it sends within the budget, which grows with time.
    const allowed = burst + (rate * (performance.now() - started)) / 1_000;
    const dropped = state.stats?.dropped_in.transactions ?? 0;
    expect(dropped > 0 || allowed >= 30 * 240_000, `${dropped} dropped, ${allowed} bytes allowed`).toBe(true);
    expect(state.stats?.dropped_in).toMatchObject({ consensus: 0, sync: 0 });
  });

  it('drops the oldest bulk for a peer that is away, never its votes', async () => {
    const away = await tcpProxy(high.node.url);
    await away.stop();
    await introduce(low.node.url, away.url);
    for (let height = 1; height <= 20; height += 1) {
      await low.send(high.key, tip(height), transactions(240_000));
    }
    const { stats } = await low.state();
    expect(stats?.dropped_out.bulk).toBeGreaterThan(0);
    expect(stats?.dropped_out.votes).toBe(0);
    await high.send(low.key, tip(99));
    const { received } = await high.until(
      'all votes and what is left of the bulk',
      (state) =>
        state.received.filter(({ kind }) => kind === 'tip').length === 20 &&
        state.received.some(({ kind }) => kind === 'transactions'),
    );
    expect(received.at(-1)?.kind).toBe('transactions');
  });

  it('says nothing to a key that does not validate', async () => {
    await low.setup({ peers: { [high.key]: high.node.url }, validators: [low.key] });
    await low.send(high.key, tip(1));
    expect((await low.state()).stats).toMatchObject({ dials: 0, undeliverable: 1 });
  });
});
