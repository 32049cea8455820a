/** @module When peers are asked, over days that pass in a moment: decisions from a state and a time, and nothing else. */
import { describe, expect, it } from 'vitest';
import {
  afterNews,
  afterRound,
  BOOT_RETRY_MS,
  type Contact,
  dueContacts,
  FIRST_RHYTHM,
  INTERVAL_MAX_MS,
  intervalMs,
  nextContactMs,
  type Rhythm,
  ROUND_CONTACTS_MAX,
} from '../../../durable-objects/node/network/schedule.ts';
import { seeded } from '../../support/seeded.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TEMPO = { intervalMs: MINUTE, jitterMs: 30_000 };

/** One peer of a simulated day. */
interface SimulatedPeer {
  readonly id: string;
  /** Whether it answers at a time. */
  readonly answers: (nowMs: number) => boolean;
  readonly turn?: Contact['turn'];
  readonly bannedUntilMs?: number;
}

interface Day {
  /** Times at which the node was woken. */
  readonly wakeups: number[];
  /** Times at which each peer was asked. */
  readonly asked: Map<string, number[]>;
  readonly rhythm: Rhythm;
}

/** Runs the schedule as the node does, for a time; `changed` says whether a round brought something new. */
function simulate(
  peers: readonly SimulatedPeer[],
  durationMs: number,
  changed: (nowMs: number) => boolean = () => false,
): Day {
  const random = seeded('schedule');
  const state = new Map(peers.map(({ id }) => [id, { lastContactMs: 0, failures: 0 }]));
  const day: Day = { wakeups: [], asked: new Map(peers.map(({ id }) => [id, []])), rhythm: FIRST_RHYTHM };
  let { rhythm } = day;
  const startMs = DAY * 20_000;
  for (let nowMs = startMs; ; ) {
    const contacts = peers.map(({ id, turn = 'round', bannedUntilMs = 0 }): Contact => {
      const { lastContactMs, failures } = state.get(id) ?? { lastContactMs: 0, failures: 0 };
      return {
        id,
        lastContactMs,
        failures,
        bannedUntilMs: bannedUntilMs === 0 ? 0 : startMs + bannedUntilMs,
        turn,
      };
    });
    const nextMs = nextContactMs(rhythm, TEMPO, contacts);
    if (nextMs === null || nextMs > startMs + durationMs) break;
    expect(nextMs, 'a time that never passes').toBeGreaterThanOrEqual(day.wakeups.at(-1) ?? 0);
    nowMs = Math.max(nowMs, nextMs);
    day.wakeups.push(nowMs);
    const { isRound, due } = dueContacts(rhythm, TEMPO, contacts, nowMs);
    expect(isRound || due.length > 0, 'a wakeup without a reason').toBe(true);
    let isNews = changed(nowMs - startMs);
    for (const { id } of due) {
      day.asked.get(id)?.push(nowMs - startMs);
      const answers = peers.find((peer) => peer.id === id)?.answers(nowMs - startMs) ?? false;
      const before = state.get(id) ?? { lastContactMs: 0, failures: 0 };
      isNews ||= answers !== (before.failures === 0);
      state.set(id, { lastContactMs: nowMs, failures: answers ? 0 : before.failures + 1 });
    }
    if (isRound) rhythm = afterRound(rhythm, TEMPO, { changed: isNews, nowMs, random: random.unit() });
    expect(day.wakeups.length, 'too many wakeups').toBeLessThan(10_000);
  }
  return { ...day, rhythm };
}

const steady = (count: number): SimulatedPeer[] =>
  Array.from({ length: count }, (_, index) => ({ id: `peer${index}`, answers: () => true }));

const gaps = (times: readonly number[]) => times.slice(1).map((time, index) => time - (times[index] ?? 0));

describe('a day of 24 hours', () => {
  it('without peers has no wakeup at all', () => {
    expect(nextContactMs(FIRST_RHYTHM, TEMPO, [])).toBeNull();
    expect(simulate([], DAY).wakeups).toEqual([]);
  });

  it('in which nothing changes has fewer and fewer rounds, down to one an hour', () => {
    const { wakeups, asked, rhythm } = simulate(steady(6), DAY);
    // 1, 2, 4, 8, 16, 32 minutes, then hours: 6 doublings and 23 hours, each with its jitter.
    expect(wakeups.length).toBeGreaterThan(24);
    expect(wakeups.length).toBeLessThan(32);
    expect(intervalMs(rhythm, TEMPO)).toBe(INTERVAL_MAX_MS);
    for (const times of asked.values()) expect(times).toHaveLength(wakeups.length);
    const long = gaps(wakeups).slice(8);
    expect(Math.min(...long)).toBeGreaterThanOrEqual(INTERVAL_MAX_MS);
    expect(Math.max(...long)).toBeLessThanOrEqual(INTERVAL_MAX_MS + TEMPO.jitterMs);
  });

  it('in which everything changes asks each peer once in an interval at most', () => {
    const { wakeups, asked } = simulate(steady(6), DAY, () => true);
    expect(wakeups.length).toBeGreaterThan(DAY / (MINUTE + TEMPO.jitterMs));
    expect(wakeups.length).toBeLessThanOrEqual(DAY / MINUTE);
    for (const times of asked.values()) {
      expect(Math.min(...gaps(times))).toBeGreaterThanOrEqual(MINUTE - 1_000);
    }
  });

  it('with a peer that never answers is not woken for it beside the rounds', () => {
    const peers = [...steady(2), { id: 'dead', answers: () => false }];
    const { wakeups, asked } = simulate(peers, DAY);
    expect(gaps(wakeups).every((gap) => gap >= MINUTE)).toBe(true);
    const tries = asked.get('dead') ?? [];
    // Two minutes, four, eight, ... and an hour in the end, each at the next round.
    expect(tries.length).toBeLessThan(31);
    const waits = gaps(tries);
    for (const [index, wait] of waits.entries()) {
      expect(wait, `wait ${index}`).toBeGreaterThanOrEqual(
        Math.min(INTERVAL_MAX_MS, MINUTE * 2 ** (index + 1)),
      );
    }
  });

  it('asks nobody who is banned', () => {
    const [first, second] = steady(2);
    if (first === undefined || second === undefined) throw new Error('two peers');
    const { asked } = simulate([first, { ...second, bannedUntilMs: 5 * HOUR }], DAY);
    expect(asked.get('peer1')?.[0]).toBeGreaterThanOrEqual(5 * HOUR);
  });

  it('goes back to the short interval when a peer dies, and is quiet again after', () => {
    const peers = [...steady(1), { id: 'mortal', answers: (nowMs: number) => nowMs < 10 * HOUR }];
    const { wakeups } = simulate(peers, DAY);
    const start = wakeups[0] ?? 0;
    const after = wakeups.map((time) => time - start).filter((time) => time > 10 * HOUR);
    const [first = 0, second = 0] = after;
    expect(second - first).toBeLessThanOrEqual(MINUTE + TEMPO.jitterMs);
    expect(gaps(after).at(-1)).toBeGreaterThanOrEqual(INTERVAL_MAX_MS);
  });
});

describe('somebody new', () => {
  it('is asked at once, and not again before the interval is over', () => {
    const rhythm: Rhythm = { quietRounds: 9, nextRoundMs: 10 * HOUR };
    const contact: Contact = { id: 'a', lastContactMs: 0, failures: 0, bannedUntilMs: 0, turn: 'soon' };
    expect(nextContactMs(rhythm, TEMPO, [contact])).toBe(0);
    const asked = { ...contact, lastContactMs: HOUR, failures: 1 };
    expect(nextContactMs(rhythm, TEMPO, [asked])).toBe(HOUR + 2 * MINUTE);
    expect(dueContacts(rhythm, TEMPO, [asked], HOUR + MINUTE)).toEqual({ isRound: false, due: [] });
    const { isRound, due } = dueContacts(rhythm, TEMPO, [asked], HOUR + 2 * MINUTE);
    expect([isRound, due.length]).toEqual([false, 1]);
  });

  it('that is a boot node is tried again after a second, doubling to an hour', () => {
    const waits = [1, 2, 3, 10, 60].map((failures) => {
      const boot: Contact = { id: 'b', lastContactMs: HOUR, failures, bannedUntilMs: 0, turn: 'boot' };
      return (nextContactMs({ quietRounds: 0, nextRoundMs: DAY }, TEMPO, [boot]) ?? 0) - HOUR;
    });
    expect(waits).toEqual([BOOT_RETRY_MS, 2_000, 4_000, 512_000, INTERVAL_MAX_MS]);
  });

  it('comes first in a round with more peers than it asks', () => {
    const contacts = Array.from(
      { length: ROUND_CONTACTS_MAX + 3 },
      (_, index): Contact => ({
        id: `${index}`,
        lastContactMs: index,
        failures: 0,
        bannedUntilMs: 0,
        turn: 'round',
      }),
    );
    const { due } = dueContacts(FIRST_RHYTHM, TEMPO, [...contacts].reverse(), DAY);
    expect(due.map(({ id }) => id)).toEqual(contacts.slice(0, ROUND_CONTACTS_MAX).map(({ id }) => id));
  });
});

describe('news', () => {
  it('brings the next round near, and never pushes it away', () => {
    const quiet: Rhythm = { quietRounds: 9, nextRoundMs: 10 * HOUR };
    expect(afterNews(quiet, TEMPO, 5 * HOUR, 0.5)).toEqual({
      quietRounds: 0,
      nextRoundMs: 5 * HOUR + MINUTE + 15_000,
    });
    expect(afterNews(quiet, TEMPO, 10 * HOUR - 1, 0.5)).toEqual({ quietRounds: 0, nextRoundMs: 10 * HOUR });
  });

  it('changes nothing while the interval is short already', () => {
    const short: Rhythm = { quietRounds: 0, nextRoundMs: 5 };
    expect(afterNews(short, TEMPO, 1, 0)).toBe(short);
  });
});
