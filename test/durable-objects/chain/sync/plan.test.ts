import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  REQUESTS_MAX,
  REQUESTS_PER_PEER,
  SETTLE_MS,
  WINDOW_RANGES,
} from '../../../../durable-objects/chain/sync/limits.ts';
import { comparison, phaseOf, plan } from '../../../../durable-objects/chain/sync/plan.ts';
import {
  arrived,
  headMoved,
  hearPeers,
  knowPeers,
  tipMissing,
} from '../../../../durable-objects/chain/sync/progress.ts';
import { newSyncState } from '../../../../durable-objects/chain/sync/sync-state.ts';
import type { ChainPeer } from '../../../../shared/api/objects.ts';
import { RANGE_BLOCKS_MAX } from '../../../../shared/api/p2p/blocks-codec.ts';
import { runVirtually, type VirtualPeer } from './virtual-network.ts';

const peerAt = (name: string, height: number, score = 0): ChainPeer => ({
  node_id: name,
  node_key: name,
  consensus_key: null,
  url: '',
  name,
  height,
  score,
});
const at = (head: number, ...peers: ChainPeer[]) => knowPeers(newSyncState(head, RANGE_BLOCKS_MAX), peers, 0);

const honest = (name: string, height: number, delayMs = 20): VirtualPeer => ({
  name,
  height,
  claim: height,
  kind: 'honest',
  delayMs,
});

describe('the plan of synchronisation', () => {
  it('asks nobody while nothing is missing, and sets no time', () => {
    for (const state of [at(0), at(7, peerAt('a', 7)), at(7, peerAt('a', 3))]) {
      expect(plan(state, 5)).toMatchObject({ requests: [], wakeMs: null });
      expect(phaseOf(state, 5)).toBe('synced');
    }
  });

  it('leaves a lag of one block to the links for a moment, then asks; a long one it asks for at once', () => {
    const first = plan(at(7, peerAt('a', 8)), 0);
    expect(first).toMatchObject({ requests: [], wakeMs: SETTLE_MS });
    const moved = plan(headMoved(hearPeers(first.state, [peerAt('a', 9)], 100), 8, 1_000), 1_000);
    expect(moved).toMatchObject({ requests: [], wakeMs: 1_000 + SETTLE_MS });
    expect(plan(moved.state, 1_000 + SETTLE_MS).requests).toMatchObject([{ from: 9, peer: 'a' }]);
    expect(plan(at(7, peerAt('a', 100)), 0).requests).not.toEqual([]);
  });

  it('asks for the lowest heights first, of those who are least busy, within its bounds', () => {
    const { requests } = plan(at(0, peerAt('a', 500), peerAt('b', 500, 5), peerAt('c', 40)), 0);
    expect(requests.map(({ from, to, peer }) => [from, to, peer])).toEqual([
      [1, 64, 'b'],
      [65, 128, 'a'],
      [129, 192, 'b'],
    ]);
    expect(requests).toHaveLength(REQUESTS_MAX);
  });

  it('has a claim shown that is far above everything it knows', () => {
    const { requests } = plan(at(0, peerAt('a', 1_000_000_000), peerAt('b', 500)), 0);
    expect(requests[0]).toMatchObject({ kind: 'tip', from: 1_000_000_000, peer: 'a' });
    expect(requests.filter(({ kind }) => kind === 'tip')).toHaveLength(1);
  });

  it('rests while the only one who claims more was found to have nothing, whatever it goes on to claim', () => {
    const first = plan(at(7, peerAt('liar', 5_000)), 0);
    const [tip] = first.requests;
    if (tip === undefined) throw new Error('its tip is asked for');
    const missing = [...first.requests.slice(1)].reduce(
      (state, request) => arrived(state, request, [], 10).state,
      tipMissing(first.state, tip, 10).state,
    );
    const repeated = knowPeers(missing, [peerAt('liar', 5_000)], 20);
    expect(plan(repeated, 20)).toMatchObject({ requests: [], wakeMs: null });
    expect(phaseOf(repeated, 20)).toBe('synced');
    // Once it may be asked again it is, and not before.
    expect(plan(knowPeers(missing, [peerAt('liar', 5_000)], 100_000), 100_000).requests).not.toEqual([]);
  });

  it('compares tips once where nobody has as much, and only there', () => {
    expect(comparison(at(100, peerAt('a', 90), peerAt('b', 0))).requests).toEqual([]);
    expect(comparison(at(100, peerAt('a', 90), peerAt('b', 100))).requests).toEqual([]);
    const { requests } = comparison(at(100, peerAt('a', 90), peerAt('b', 80), peerAt('c', 70)));
    expect(requests.map(({ kind, from, peer }) => [kind, from, peer])).toEqual([
      ['tip', 90, 'a'],
      ['tip', 80, 'b'],
    ]);
  });
});

describe('a virtual network', () => {
  it('is caught up with at the pace of its peers, several at a time', () => {
    const one = runVirtually([honest('a', 10_000)], 300);
    expect(one.state.head).toBe(10_000);
    // 157 ranges of 20 ms, two at a time.
    expect(one.nowMs).toBeLessThan(2_500);
    const three = runVirtually([honest('a', 10_000), honest('b', 10_000), honest('c', 10_000)], 300);
    expect(three.nowMs).toBeLessThan(one.nowMs);
    expect(three.peak).toMatchObject({ downloads: REQUESTS_MAX, perPeer: 1 });
    const slow = runVirtually([honest('a', 10_000), honest('b', 10_000), honest('c', 10_000, 900)], 300);
    expect(slow.peak.ranges).toBe(WINDOW_RANGES);
    expect([...one.reports, ...three.reports, ...slow.reports]).toEqual([]);
  });

  it('is caught up with block by block where a block fills an answer', () => {
    const { state, reports, asked } = runVirtually([honest('a', 100), honest('b', 100)], 1_000_000);
    expect(state.head).toBe(100);
    expect(reports).toEqual([]);
    expect([...asked.values()].reduce((sum, count) => sum + count, 0)).toBeLessThan(130);
  });

  it('is not held up by a peer that claims a height nobody has', () => {
    for (const kind of ['honest', 'silent', 'empty', 'false', 'garbage'] as const) {
      const liar: VirtualPeer = { name: 'liar', height: 0, claim: 1_000_000_000, kind, delayMs: 5 };
      const run = runVirtually([honest('a', 1_000), liar], 300);
      expect(run.state.head, kind).toBe(1_000);
      expect(run.nowMs, kind).toBeLessThan(40_000);
      expect(run.reports.every(({ peer }) => peer === 'liar')).toBe(true);
      expect(run.reports.length, kind).toBeGreaterThan(0);
      expect(phaseOf(run.state, run.nowMs), kind).toBe('synced');
    }
  });

  it('holds every sender to account after five attempts at one range, and goes on with whoever comes', () => {
    const silent = ['s1', 's2', 's3', 's4', 's5'].map(
      (name): VirtualPeer => ({ name, height: 0, claim: 64, kind: 'silent', delayMs: 5 }),
    );
    const run = runVirtually([...silent, honest('late', 64, 200_000)], 300);
    expect(run.state.head).toBe(64);
    for (const { name } of silent) {
      expect(run.reports.filter(({ peer }) => peer === name).length).toBeGreaterThanOrEqual(1);
    }
  });

  it('asks a peer that fails less and less often', () => {
    const garbage: VirtualPeer = { name: 'garbage', height: 0, claim: 64, kind: 'garbage', delayMs: 1 };
    const { asked, nowMs } = runVirtually([garbage, honest('slow', 64, 120_000)], 300);
    expect(nowMs).toBeGreaterThanOrEqual(120_000);
    expect(asked.get('garbage')).toBeLessThanOrEqual(10);
  });

  const anyPeer = fc.record({
    height: fc.integer({ min: 0, max: 3_000 }),
    excess: fc.constantFrom(0, 0, 1, 5_000, 1_000_000),
    kind: fc.constantFrom<VirtualPeer['kind']>('honest', 'silent', 'empty', 'short', 'false', 'garbage'),
    delayMs: fc.integer({ min: 1, max: 500 }),
  });

  it('reaches the height of every honest peer whatever the others do, and never exceeds a bound', () => {
    fc.assert(
      fc.property(
        fc.array(anyPeer, { maxLength: 8 }),
        fc.integer({ min: 1, max: 2_000 }),
        fc.constantFrom(200, 20_000, 700_000),
        (others, height, bytes) => {
          const peers = others.map(({ excess, ...peer }, index): VirtualPeer => {
            const name = `p${index}`;
            const isHonest = peer.kind === 'honest';
            return { ...peer, name, claim: isHonest ? peer.height : peer.height + excess };
          });
          const run = runVirtually([...peers, honest('good', height)], bytes);
          const target = Math.max(
            height,
            ...peers.filter(({ kind }) => kind === 'honest').map((p) => p.height),
          );
          expect(run.state.head).toBeGreaterThanOrEqual(target);
          expect(run.peak.downloads).toBeLessThanOrEqual(REQUESTS_MAX);
          expect(run.peak.ranges).toBeLessThanOrEqual(WINDOW_RANGES);
          expect(run.peak.perPeer).toBeLessThanOrEqual(REQUESTS_PER_PEER);
          expect(run.reports.filter(({ peer }) => peer === 'good')).toEqual([]);
          expect(run.state.attempts.size).toBeLessThanOrEqual(WINDOW_RANGES * 2);
        },
      ),
      { numRuns: 300 },
    );
  });
});
