/** @module Laws of announcements: one call at a time, a bounded queue, and silence once nobody listens. */
import { describe, expect, it } from 'vitest';
import {
  ANNOUNCEMENTS_WAITING_MAX,
  Announcer,
  volatileEvent,
} from '../../../durable-objects/chain/announcer.ts';
import { Announcements } from '../../../durable-objects/hub/announcements.ts';
import { ANNOUNCEMENTS_HELD_MAX } from '../../../durable-objects/hub/limits.ts';
import type { Bindings } from '../../../durable-objects/runtime/bindings.ts';
import type { VolatileEvent } from '../../../shared/api/consensus-views.ts';
import { createLogger } from '../../../shared/observability/log.ts';
import type { ConsensusEvent } from '../../../shared/protocol/consensus/effect.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';

const HASH = `0x${'ab'.repeat(32)}` as HashHex;
const NOW_MS = 1_795_233_600_000;

function newRound(height: number): ConsensusEvent {
  return { name: 'new_round', height, round: 0, proposer: `0x${'01'.repeat(32)}` as ConsensusKey };
}

/** A hub at the other end of the RPC that answers when told. */
function aHub() {
  const calls: { events: readonly VolatileEvent[]; answer: (subscribers: number) => Promise<void> }[] = [];
  const announce = (events: readonly VolatileEvent[]) =>
    new Promise<{ subscribers: number }>((resolve) => {
      const answer = async (subscribers: number) => {
        resolve({ subscribers });
        await new Promise((next) => setTimeout(next, 0));
      };
      calls.push({ events, answer });
    });
  const HUB = { idFromName: (name: string) => name, get: () => ({ announce }) };
  const env = { HUB } as unknown as Bindings;
  return { calls, announcer: new Announcer({ env, chainId: 'c', log: createLogger('test') }) };
}

const heights = (events: readonly VolatileEvent[]) => events.map(({ height }) => height);

describe('an announcer', () => {
  it('calls nobody before someone listens', () => {
    const { announcer, calls } = aHub();
    announcer.take(newRound(1), NOW_MS);
    announcer.flush();
    expect(calls).toEqual([]);
  });

  it('makes one call at a time, and what happens meanwhile goes with the next', async () => {
    const { announcer, calls } = aHub();
    announcer.want(0);
    for (const height of [1, 2]) announcer.take(newRound(height), NOW_MS);
    announcer.flush();
    for (const height of [3, 4]) announcer.take(newRound(height), NOW_MS);
    announcer.flush();
    expect(calls.map(({ events }) => heights(events))).toEqual([[1, 2]]);
    await calls[0]?.answer(1);
    expect(calls.map(({ events }) => heights(events))).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('keeps as many waiting events as its limit and drops the oldest beyond it', async () => {
    const { announcer, calls } = aHub();
    announcer.want(0);
    announcer.take(newRound(0), NOW_MS);
    announcer.flush();
    for (let height = 1; height <= ANNOUNCEMENTS_WAITING_MAX; height += 1)
      announcer.take(newRound(height), NOW_MS);
    await calls[0]?.answer(1);
    expect(calls[1]?.events[0]?.height).toBe(1);
    expect(calls[1]?.events).toHaveLength(ANNOUNCEMENTS_WAITING_MAX);
    for (let height = 0; height <= ANNOUNCEMENTS_WAITING_MAX; height += 1)
      announcer.take(newRound(height), NOW_MS);
    await calls[1]?.answer(1);
    expect(calls[2]?.events[0]?.height).toBe(1);
    expect(calls[2]?.events).toHaveLength(ANNOUNCEMENTS_WAITING_MAX);
  });

  it('falls silent when nobody listens any more, unless someone came while it was told so', async () => {
    const { announcer, calls } = aHub();
    announcer.want(0);
    announcer.take(newRound(1), NOW_MS);
    announcer.flush();
    announcer.want(0);
    await calls[0]?.answer(0);
    announcer.take(newRound(2), NOW_MS);
    announcer.flush();
    expect(calls).toHaveLength(2);
    await calls[1]?.answer(0);
    announcer.take(newRound(3), NOW_MS);
    announcer.flush();
    expect(calls).toHaveLength(2);
  });

  it('tells of rounds, proposals, quorums and timeouts, and of nothing else', () => {
    const place = { height: 4, round: 1 };
    const timestamp = new Date(NOW_MS).toISOString();
    const told = (event: ConsensusEvent) => volatileEvent(event, NOW_MS);
    expect(told({ name: 'proposal', ...place, hash: HASH })).toEqual({
      event: 'proposal',
      ...place,
      hash: HASH,
      timestamp,
    });
    expect(told({ name: 'quorum', vote: 'prevote', ...place, hash: null })).toMatchObject({
      event: 'prevote_quorum',
      hash: null,
    });
    expect(told({ name: 'commit', ...place, hash: HASH })).toMatchObject({ event: 'precommit_quorum' });
    expect(told({ name: 'timeout', timer: { kind: 'prevote', ...place } })).toEqual({
      event: 'timeout',
      ...place,
      step: 'prevote',
      timestamp,
    });
    expect(told({ name: 'timeout', timer: { kind: 'rebroadcast', ...place } })).toBeNull();
    expect(told({ name: 'double_sign_prevented', ...place })).toBeNull();
    expect(told({ name: 'bad_message', peer: null, reason: 'bad_signature' })).toBeNull();
  });
});

describe('announcements in a hub', () => {
  const event = (height: number): VolatileEvent => ({
    event: 'proposal',
    height,
    round: 0,
    hash: HASH,
    timestamp: new Date(NOW_MS).toISOString(),
  });

  it('wait for the block below theirs', () => {
    const sent: number[] = [];
    const announcements = new Announcements((events) => sent.push(...heights(events)) - sent.length + 1);
    announcements.take([event(5), event(6), event(7)], 4);
    expect(sent).toEqual([5]);
    announcements.release(5);
    expect(sent).toEqual([5, 6]);
    announcements.release(6);
    expect(sent).toEqual([5, 6, 7]);
  });

  it('wait in a bounded queue that drops the oldest', () => {
    let sent: number[] = [];
    const announcements = new Announcements((events) => {
      sent = heights(events);
      return 1;
    });
    const many = Array.from({ length: ANNOUNCEMENTS_HELD_MAX + 1 }, (_, index) => event(10 + index));
    announcements.take(many.slice(1), 0);
    announcements.release(10_000);
    expect(sent).toHaveLength(ANNOUNCEMENTS_HELD_MAX);
    announcements.take(many, 0);
    announcements.release(10_000);
    expect(sent).toHaveLength(ANNOUNCEMENTS_HELD_MAX);
    expect(sent[0]).toBe(11);
  });
});
