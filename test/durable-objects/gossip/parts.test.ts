/** @module The parts of gossip one by one, each at its limit and one above. */
import { describe, expect, it } from 'vitest';
import { KnownFollowers } from '../../../durable-objects/chain/gossip/known-followers.ts';
import {
  ANNOUNCERS_MAX,
  DIRECTORY_AGE_MS,
  FOLLOWERS_KNOWN_MAX,
  UPSTREAM_FAILURES_MAX,
  UPSTREAM_REST_FIRST_MS,
  UPSTREAMS_MAX,
  WAKE_AGAIN_MS,
  WAKE_FAILURES_MAX,
  WAKING_MAX,
  WANT_DELAY_MS,
  WANT_TIMEOUT_MS,
  WANTED_MAX,
} from '../../../durable-objects/chain/gossip/limits.ts';
import { PeerDirectory } from '../../../durable-objects/chain/gossip/peer-directory.ts';
import { SeenCache } from '../../../durable-objects/chain/gossip/seen-cache.ts';
import { transactionFrames } from '../../../durable-objects/chain/gossip/transaction-frames.ts';
import { Upstreams } from '../../../durable-objects/chain/gossip/upstreams.ts';
import { Wakes } from '../../../durable-objects/chain/gossip/wakes.ts';
import { WantedTransactions } from '../../../durable-objects/chain/gossip/wanted-transactions.ts';
import type { ChainPeer } from '../../../shared/api/objects.ts';
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import { encodeFrame, FRAME_TRANSACTIONS_MAX } from '../../../shared/api/p2p/frame-codec.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { MemorySql } from '../../simulation/sql-storage.ts';
import { keyOf } from './mesh.ts';

const hashOf = (index: number) => keyOf(index) as string as HashHex;

describe('the cache of what was seen', () => {
  it('holds so many, the newest, and forgets by age', () => {
    const seen = new SeenCache<number>(3, 100);
    for (let index = 0; index < 4; index++) seen.add(`id${index}`, index, index);
    expect(['id0', 'id1', 'id2', 'id3'].map((id) => seen.get(id, 10))).toEqual([undefined, 1, 2, 3]);
    expect(seen.size).toBe(3);
    expect(seen.get('id2', 101)).toBe(2);
    expect(seen.get('id2', 102)).toBeUndefined();
    seen.add('id9', 9, 103);
    expect(seen.size).toBe(1);
  });

  it('counts an id that comes again as new', () => {
    const seen = new SeenCache<string>(2, 1_000);
    for (const id of ['a', 'b', 'a', 'c']) seen.add(id, id, 0);
    expect([seen.get('a', 0), seen.get('b', 0), seen.get('c', 0)]).toEqual(['a', undefined, 'c']);
  });
});

describe('wanted transactions', () => {
  it('are asked of one announcer after the other, and then given up', () => {
    const wanted = new WantedTransactions();
    for (let peer = 0; peer < ANNOUNCERS_MAX + 1; peer++) wanted.announce(hashOf(1), keyOf(peer), 0);
    expect(wanted.nextDueMs()).toBe(WANT_DELAY_MS);
    expect(wanted.take(WANT_DELAY_MS - 1).size).toBe(0);
    const asked: ConsensusKey[] = [];
    for (let at = WANT_DELAY_MS; wanted.size > 0; at += WANT_TIMEOUT_MS)
      asked.push(...wanted.take(at).keys());
    expect(asked).toEqual([0, 1, 2].map(keyOf));
    expect(wanted.nextDueMs()).toBeNull();
  });

  it('are bounded in number', () => {
    const wanted = new WantedTransactions();
    const taken = Array.from({ length: WANTED_MAX + 1 }, (_, at) => wanted.announce(hashOf(at), keyOf(1), 0));
    expect(taken.indexOf(false)).toBe(WANTED_MAX);
    wanted.settle(hashOf(7));
    expect(wanted.announce(hashOf(WANTED_MAX), keyOf(1), 0)).toBe(true);
  });
});

describe('frames of transactions', () => {
  it('hold so many and so much as a frame may, and are told apart by their hops', () => {
    const one = (index: number, size: number, hops: number) => ({
      hash: hashOf(index),
      bytes: new Uint8Array(size),
      hops,
      bornMs: 100 - index,
    });
    const many = Array.from({ length: FRAME_TRANSACTIONS_MAX + 1 }, (_, index) => one(index % 9, 10, 0));
    expect(transactionFrames(many).map(sizeOf)).toEqual([FRAME_TRANSACTIONS_MAX, 1]);
    const large = Array.from({ length: 9 }, (_, index) => one(index, 60_000, 0));
    expect(transactionFrames(large).map(sizeOf)).toEqual([4, 4, 1]);
    for (const frame of transactionFrames(large)) expect(() => encodeFrame(frame)).not.toThrow();
    const mixed = transactionFrames([one(1, 1, 0), one(2, 1, 3), one(3, 1, 0)]);
    expect(mixed).toMatchObject([
      { hops: 1, bornMs: 97 },
      { hops: 4, bornMs: 98 },
    ]);
  });
});

const sizeOf = (frame: PeerFrame) => (frame.kind === 'transactions' ? frame.transactions.length : -1);

describe('upstreams', () => {
  function make(candidates: number[], validators: number[] = []) {
    const connected = new Set<ConsensusKey>();
    const calls: string[] = [];
    const upstreams = new Upstreams({
      order: 'own',
      candidates: () => candidates.map(keyOf),
      isValidator: (key) => validators.map(keyOf).includes(key),
      isConnected: (key) => connected.has(key),
      connect: (key) => calls.push(`connect ${Number(BigInt(key))}`),
      release: (key) => calls.push(`release ${Number(BigInt(key))}`),
    });
    return { upstreams, connected, calls };
  }

  it('are a few, validators before others, and none once there is nothing to do', () => {
    const { upstreams, calls } = make([1, 2, 3, 4, 5, 6], [5, 6]);
    expect(upstreams.list()).toEqual([]);
    upstreams.engage(0);
    expect(upstreams.list()).toHaveLength(UPSTREAMS_MAX);
    expect([5, 6].map(keyOf).every((key) => upstreams.has(key))).toBe(true);
    expect(calls).toHaveLength(UPSTREAMS_MAX);
    upstreams.rest();
    expect(upstreams.list()).toEqual([]);
    expect(calls.filter((call) => call.startsWith('release'))).toHaveLength(UPSTREAMS_MAX);
    expect(upstreams.nextDueMs()).toBeNull();
  });

  it('are replaced when they fail, and tried again later', () => {
    const { upstreams } = make([1, 2, 3, 4]);
    upstreams.engage(0);
    const [victim] = upstreams.list();
    if (victim === undefined) throw new Error('some were chosen');
    upstreams.failed(victim, UPSTREAM_FAILURES_MAX - 1, 0);
    expect(upstreams.has(victim)).toBe(true);
    upstreams.failed(victim, UPSTREAM_FAILURES_MAX, 0);
    expect(upstreams.has(victim)).toBe(false);
    expect(upstreams.list()).toHaveLength(3);
    for (const other of upstreams.list()) upstreams.failed(other, UPSTREAM_FAILURES_MAX, 1);
    expect(upstreams.list()).toEqual([]);
    expect(upstreams.nextDueMs()).toBe(UPSTREAM_REST_FIRST_MS);
    upstreams.tick(UPSTREAM_REST_FIRST_MS);
    expect(upstreams.list()).toEqual([victim]);
  });

  it('take in whoever woke this node, in the place of one that has no link', () => {
    const { upstreams, connected } = make([1, 2, 3, 4]);
    upstreams.engage(0);
    const missing = [1, 2, 3, 4].map(keyOf).find((key) => !upstreams.has(key));
    if (missing === undefined) throw new Error('one was not chosen');
    for (const key of upstreams.list()) connected.add(key);
    upstreams.engage(0, missing);
    expect(upstreams.has(missing)).toBe(false);
    connected.clear();
    upstreams.engage(0, missing);
    expect(upstreams.has(missing)).toBe(true);
    upstreams.engage(0, keyOf(9));
    expect(upstreams.has(keyOf(9))).toBe(false);
  });
});

describe('the directory', () => {
  const peer = (node: number, consensus: number | null, url: string): ChainPeer => ({
    node_id: keyOf(node),
    node_key: keyOf(node),
    consensus_key: consensus === null ? null : keyOf(consensus),
    url,
    name: '',
    height: 0,
    score: 0,
  });

  it('knows a node by both of its keys, once, and counts what the operator wrote for more', () => {
    const directory = new PeerDirectory({
      settled: new Map([[keyOf(11), 'https://written']]),
      own: new Set([keyOf(5)]),
      fetch: async () => [],
      onChanged: () => undefined,
      onError: () => undefined,
    });
    directory.learn([peer(1, 11, 'https://said'), peer(2, 12, 'https://two'), peer(5, null, 'https://own')]);
    expect([1, 11, 2, 12, 3].map((key) => directory.urlOf(keyOf(key)))).toEqual([
      'https://written',
      'https://written',
      'https://two',
      'https://two',
      undefined,
    ]);
    const validates = (...keys: number[]) => directory.candidates((key) => keys.map(keyOf).includes(key));
    expect(validates(11)).toEqual([11, 2].map(keyOf));
    expect(validates(12)).toEqual([1, 12].map(keyOf));
  });

  it('keeps the address of one that the registry no longer names, and asks it at most so often', async () => {
    let asked = 0;
    const changed: number[] = [];
    const directory = new PeerDirectory({
      settled: new Map(),
      own: new Set(),
      fetch: async () => (++asked === 1 ? [peer(1, 11, 'https://one')] : []),
      onChanged: () => changed.push(asked),
      onError: () => undefined,
    });
    directory.refresh(0);
    directory.refresh(0);
    await Promise.resolve();
    await new Promise((resolve) => setTimeout(resolve));
    directory.refresh(DIRECTORY_AGE_MS - 1);
    expect([asked, changed]).toEqual([1, [1]]);
    directory.refresh(DIRECTORY_AGE_MS);
    await new Promise((resolve) => setTimeout(resolve));
    expect(changed).toEqual([1, 2]);
    expect(directory.urlOf(keyOf(11))).toBe('https://one');
    expect(directory.candidates(() => false)).toEqual([]);
  });
});

describe('known followers', () => {
  const TABLE = 'CREATE TABLE followers (node_key TEXT PRIMARY KEY, seen_ms INTEGER NOT NULL)';
  function open() {
    const sql = new MemorySql();
    sql.exec(TABLE);
    return sql;
  }

  it('outlive the object, up to their number, and write a row only once in a while', () => {
    const database = open();
    const followers = new KnownFollowers(database.asStorage);
    for (let index = 0; index <= FOLLOWERS_KNOWN_MAX; index++) followers.met(keyOf(index), 1_000 + index);
    followers.met(keyOf(1), 5_000);
    const rows = database.exec('SELECT node_key, seen_ms FROM followers').toArray() as { node_key: string }[];
    expect(rows).toHaveLength(FOLLOWERS_KNOWN_MAX);
    expect(rows).toContainEqual({ node_key: keyOf(1), seen_ms: 1_001 });
    expect(rows.map(({ node_key }) => node_key)).not.toContain(keyOf(0));
    expect(new KnownFollowers(database.asStorage).size).toBe(FOLLOWERS_KNOWN_MAX);
  });

  it('are woken when they have no link, not again at once, and forgotten when they never answer', () => {
    const database = open();
    const followers = new KnownFollowers(database.asStorage);
    for (const index of [1, 2]) followers.met(keyOf(index), 0);
    let nowMs = 1_000_000;
    expect(followers.due((peer) => peer === keyOf(1), nowMs)).toEqual([keyOf(2)]);
    expect(followers.due(() => false, nowMs)).toEqual([keyOf(1)]);
    expect(followers.due(() => false, nowMs + WAKE_AGAIN_MS - 1)).toEqual([]);
    for (let failure = 0; failure < WAKE_FAILURES_MAX; failure++) {
      nowMs += WAKE_AGAIN_MS * 2 ** failure;
      expect(followers.due((peer) => peer === keyOf(1), nowMs)).toEqual([keyOf(2)]);
      followers.woken(keyOf(2), false);
    }
    expect(followers.size).toBe(1);
    expect(database.exec('SELECT node_key FROM followers').toArray()).toEqual([{ node_key: keyOf(1) }]);
  });

  it('are told two at a time', async () => {
    const followers = new KnownFollowers(open().asStorage);
    for (let index = 1; index <= 5; index++) followers.met(keyOf(index), 0);
    const posted: ConsensusKey[] = [];
    const answers: (() => void)[] = [];
    const wakes = new Wakes({
      followers,
      hasUrl: (peer) => peer !== keyOf(3),
      onUnknown: () => undefined,
      post: (peer) => {
        posted.push(peer);
        return new Promise((resolve) => answers.push(() => resolve(true)));
      },
      tip: () => ({ kind: 'tip', height: 1, certificate: null }),
      waitUntil: () => undefined,
    });
    wakes.wake(() => false, 1_000_000);
    expect(posted).toHaveLength(WAKING_MAX);
    for (let round = 0; round < 4; round++) {
      answers[round]?.();
      await new Promise((resolve) => setTimeout(resolve));
      expect(posted.length - (round + 1)).toBeLessThanOrEqual(WAKING_MAX);
    }
    expect(posted).toEqual([5, 4, 2, 1].map(keyOf));
  });
});
