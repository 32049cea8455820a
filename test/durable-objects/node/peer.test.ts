/** @module One peer over time: phases, scores, bans, and when it is forgotten. */
import { describe, expect, it } from 'vitest';
import { readRecord } from '../../../durable-objects/node/network/admission.ts';
import {
  CANDIDATE_FAILURES_MAX,
  DEAD_AFTER_FAILURES,
  DEAD_KEPT_MS,
  heard,
  judged,
  missed,
  newPeer,
  type Peer,
  reached,
  stateOf,
  withRecord,
} from '../../../durable-objects/node/network/peer.ts';
import {
  AVOID_AT,
  BAN_AT,
  BAN_MS,
  GOOD_CONTACT_MAX,
  GOOD_CONTACT_MS,
  movedScore,
  OFFENCE_POINTS,
  SCORE_HALF_LIFE_MS,
  scoreAt,
} from '../../../durable-objects/node/network/peer-score.ts';
import { NodeStranger } from '../../support/node-stranger.ts';

const START_MS = 1_795_233_600_000;
const stranger = new NodeStranger('https://peer.example.com');

function read(change: Parameters<NodeStranger['record']>[0] = {}) {
  const found = readRecord(stranger.record({ seq: START_MS, ...change }));
  if (found === null) throw new Error('the record is true');
  return found;
}
function candidate(): Peer {
  const { record, sealed } = read();
  return newPeer(record, sealed, 'join', START_MS);
}
const active = (): Peer => reached(candidate(), [], START_MS);

/** Fails a number of contacts, a minute apart. */
function fail(peer: Peer, times: number): Peer | null {
  let left: Peer | null = peer;
  for (let time = 1; time <= times && left !== null; time += 1) left = missed(left, START_MS + time * 60_000);
  return left;
}

describe('a candidate', () => {
  it('is active once its address is proved, and forgotten when it never is', () => {
    expect(stateOf(candidate(), START_MS)).toBe('candidate');
    expect(stateOf(active(), START_MS)).toBe('active');
    expect(fail(candidate(), CANDIDATE_FAILURES_MAX - 1)?.phase).toBe('candidate');
    expect(fail(candidate(), CANDIDATE_FAILURES_MAX)).toBeNull();
  });

  it('does not become active by calling', () => {
    expect(heard(candidate(), [], START_MS + 1)).toMatchObject({
      phase: 'candidate',
      lastSeenMs: START_MS + 1,
    });
  });
});

describe('an active peer', () => {
  it('is failing, then dead, and a candidate again when it calls', () => {
    const failing = fail(active(), DEAD_AFTER_FAILURES - 1);
    expect(failing && stateOf(failing, START_MS)).toBe('failing');
    const dead = fail(active(), DEAD_AFTER_FAILURES);
    expect(dead?.phase).toBe('dead');
    expect(dead && heard(dead, [], START_MS + 1)).toMatchObject({
      phase: 'candidate',
      failures: 0,
      lastContactMs: 0,
    });
    expect(dead && reached(dead, [], START_MS + 1)).toMatchObject({ phase: 'active', failures: 0 });
  });

  it('is dead at once when somebody else could not reach it either', () => {
    expect(missed({ ...active(), isSuspect: true }, START_MS + 1)?.phase).toBe('dead');
    expect(reached({ ...active(), isSuspect: true }, [], START_MS + 1).isSuspect).toBe(false);
  });

  it('is forgotten a day after it was last seen', () => {
    const dead = fail(active(), DEAD_AFTER_FAILURES);
    if (dead === null) throw new Error('it is dead, not forgotten');
    expect(missed(dead, START_MS + DEAD_KEPT_MS)).not.toBeNull();
    expect(missed(dead, START_MS + DEAD_KEPT_MS + 1)).toBeNull();
  });

  it('need not be asked when it has called, while its address was proved lately', () => {
    expect(heard(active(), [], START_MS + 500_000).lastContactMs).toBe(START_MS + 500_000);
    expect(heard(active(), [], START_MS + 700_000).lastContactMs).toBe(START_MS);
  });
});

describe('a newer record', () => {
  it('with the same address changes nothing else, with another one has to be proved', () => {
    const renamed = read({ seq: START_MS + 1, name: 'renamed' });
    expect(withRecord(active(), renamed.record, renamed.sealed)).toMatchObject({
      phase: 'active',
      range: 'example.com',
    });
    const moved = read({ seq: START_MS + 1, url: 'https://peer.example.net' });
    expect(withRecord(active(), moved.record, moved.sealed)).toMatchObject({
      phase: 'candidate',
      range: 'example.net',
    });
  });

  it('without an address ends it, and the next one with an address begins it again', () => {
    const gone = read({ seq: START_MS + 1, url: '' });
    const left = withRecord(active(), gone.record, gone.sealed);
    expect(left).toMatchObject({ phase: 'left', range: '' });
    const back = read({ seq: START_MS + 2 });
    expect(withRecord(left, back.record, back.sealed)).toMatchObject({
      phase: 'candidate',
      lastContactMs: 0,
    });
  });
});

describe('a score', () => {
  it('halves in its half-life, in both directions, and stays within 100', () => {
    for (const value of [80, -80]) {
      expect(scoreAt({ value, atMs: 0 }, SCORE_HALF_LIFE_MS)).toBe(value / 2);
      expect(scoreAt({ value, atMs: 0 }, 2 * SCORE_HALF_LIFE_MS)).toBe(value / 4);
      expect(scoreAt({ value, atMs: 1_000 }, 0)).toBe(value);
    }
    expect(movedScore({ value: -90, atMs: 0 }, -50, 0).value).toBe(-100);
    expect(movedScore({ value: 90, atMs: 0 }, 50, 0).value).toBe(100);
  });

  it('rises by good contacts to a bound', () => {
    let peer = candidate();
    for (let minute = 0; minute < 100; minute += 1)
      peer = reached(peer, [], START_MS + minute * GOOD_CONTACT_MS);
    expect(scoreAt(peer.score, START_MS + 99 * GOOD_CONTACT_MS)).toBeCloseTo(GOOD_CONTACT_MAX, 1);
  });

  it('rises no faster by many contacts than by few, so that talk does not pay for faults', () => {
    let peer = candidate();
    for (let time = 0; time < GOOD_CONTACT_MS; time += 500) peer = reached(peer, [], START_MS + time);
    expect(scoreAt(peer.score, START_MS + GOOD_CONTACT_MS)).toBeLessThanOrEqual(2);
    const slow = judged(peer, -OFFENCE_POINTS.timeout, START_MS + GOOD_CONTACT_MS);
    expect(slow.score.value).toBeLessThan(0);
  });

  it('falls to a ban by one grave fault or several mild ones, and the ban ends', () => {
    const points = (offence: keyof typeof OFFENCE_POINTS) => -OFFENCE_POINTS[offence];
    expect(judged(active(), points('invalid_block'), START_MS).bannedUntilMs).toBe(START_MS + BAN_MS);
    let slow = candidate();
    for (let time = 0; time < 4; time += 1) slow = judged(slow, points('timeout'), START_MS);
    expect([scoreAt(slow.score, START_MS) <= AVOID_AT, slow.bannedUntilMs]).toEqual([true, 0]);
    for (let time = 0; time < 6; time += 1) slow = judged(slow, points('timeout'), START_MS);
    expect(scoreAt(slow.score, START_MS)).toBeLessThanOrEqual(BAN_AT);
    expect(stateOf(slow, START_MS + BAN_MS - 1)).toBe('banned');
    expect(stateOf(slow, START_MS + BAN_MS)).toBe('candidate');
  });
});
