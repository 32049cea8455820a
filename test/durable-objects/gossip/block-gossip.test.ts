/** @module Final blocks between nodes: who is asked, one at a time, and what becomes of those who do not answer, or lie. */
import { beforeEach, describe, expect, it } from 'vitest';
import { BlockGossip, type BlockOffence } from '../../../durable-objects/chain/gossip/block-gossip.ts';
import { GossipMeter } from '../../../durable-objects/chain/gossip/gossip-figures.ts';
import {
  DECIDED_BLOCKS_MAX,
  DECIDED_PAUSE_MS,
  DECIDED_TIMEOUT_MS,
  TIPS_MAX,
} from '../../../durable-objects/chain/gossip/limits.ts';
import type { PeerRole } from '../../../durable-objects/chain/links/peer-role.ts';
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import { createLogger } from '../../../shared/observability/log.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { parseHash } from '../../../shared/protocol/primitives/hash.ts';
import { encodeCertificate } from '../../../shared/protocol/votes/encode.ts';
import { keyOf } from './mesh.ts';

const BODY = Uint8Array.of(1);
const FORGED = Uint8Array.of(2);
const certificate = encodeCertificate({
  height: 1,
  round: 0,
  blockHash: parseHash(keyOf(0)),
  bitmap: new Uint8Array(1),
  signatures: [],
});

let head: number;
let sent: { peer: ConsensusKey; frame: PeerFrame }[];
let offences: [number, BlockOffence][];
let far: [number, number][];
let roles: Map<ConsensusKey, PeerRole>;
let meter: GossipMeter;
let gossip: BlockGossip;

/** A follower at height 10 with upstreams 1, 2 and 3; 9 is a stranger. */
beforeEach(() => {
  head = 10;
  sent = [];
  offences = [];
  far = [];
  roles = new Map([1, 2, 3].map((index) => [keyOf(index), 'upstream'] as const));
  meter = new GossipMeter();
  gossip = new BlockGossip({
    neighbours: {
      isValidating: () => false,
      roleOf: (peer) => roles.get(peer) ?? 'stranger',
      validators: () => [],
      upstreams: () => [1, 2, 3].map(keyOf),
      linked: () => [],
      send: (peer, frame) => sent.push({ peer, frame }),
    },
    meter,
    log: createLogger('test'),
    head: () => ({ height: head, timeMs: 0 }),
    stored: (from, limit) =>
      Array.from({ length: Math.max(0, Math.min(limit, head - from + 1)) }, (_, index) => ({
        height: from + index,
        body: BODY,
        certificate,
      })),
    judge: (hash, body) => (body === FORGED ? null : { hash, valid: true, round: 0, timeMs: 0 }),
    decide: () => (head += 1),
    onFarBehind: (peer, height) => {
      far.push([Number(BigInt(peer)), height]);
      return true;
    },
    onOffence: (peer, offence) => offences.push([Number(BigInt(peer)), offence]),
  });
});

const asked = () =>
  sent.flatMap(({ peer, frame }) =>
    frame.kind === 'request_decided' ? [[Number(BigInt(peer)), frame.from, frame.to]] : [],
  );
const decided = (height: number, body = BODY) => ({ kind: 'decided' as const, height, body, certificate });

describe('a follower that hears of a new head', () => {
  it('asks the first who says so, and nobody else meanwhile', () => {
    gossip.receiveTip(keyOf(1), 11, 0);
    gossip.receiveTip(keyOf(2), 11, 1);
    gossip.receive(keyOf(1), decided(11), 5);
    gossip.receiveTip(keyOf(3), 11, 6);
    expect(asked()).toEqual([[1, 11, 11]]);
    expect(head).toBe(11);
    expect(gossip.nextDueMs()).toBeNull();
    expect(meter.read()).toMatchObject({ delivered: { block: 1 }, duplicates: { announcement: 1 } });
  });

  it('asks on at once for what came meanwhile', () => {
    gossip.receiveTip(keyOf(1), 11, 0);
    gossip.receiveTip(keyOf(2), 13, 1);
    gossip.receive(keyOf(1), decided(11), 2);
    expect(asked()).toEqual([
      [1, 11, 11],
      [2, 12, 13],
    ]);
  });

  it('asks another when there is no answer in time, and holds it against the first', () => {
    gossip.receiveTip(keyOf(1), 11, 0);
    gossip.receiveTip(keyOf(2), 11, 0);
    gossip.tick(DECIDED_TIMEOUT_MS - 1);
    expect(asked()).toHaveLength(1);
    gossip.tick(DECIDED_TIMEOUT_MS);
    expect(asked()).toEqual([
      [1, 11, 11],
      [2, 11, 11],
    ]);
    expect(offences).toEqual([[1, 'timeout']]);
  });

  it('asks for the rest after a pause when an answer is shorter than what was asked for', () => {
    gossip.receiveTip(keyOf(1), 14, 0);
    gossip.receive(keyOf(1), decided(11), 5);
    gossip.receive(keyOf(1), decided(12), 6);
    gossip.tick(6 + DECIDED_PAUSE_MS);
    expect(asked()).toEqual([
      [1, 11, 14],
      [1, 13, 14],
    ]);
    expect(offences).toEqual([]);
  });

  it('takes nothing false, and finishes from another', () => {
    gossip.receiveTip(keyOf(1), 11, 0);
    gossip.receiveTip(keyOf(2), 11, 0);
    gossip.receive(keyOf(1), decided(11, FORGED), 1);
    expect(head).toBe(10);
    expect(offences).toEqual([[1, 'invalid_block']]);
    gossip.receive(keyOf(2), decided(11), 2);
    expect(head).toBe(11);
  });

  it('leaves what is far ahead to sync, at its limit', () => {
    gossip.receiveTip(keyOf(1), 10 + DECIDED_BLOCKS_MAX, 0);
    expect([far, asked()]).toEqual([[], [[1, 11, 10 + DECIDED_BLOCKS_MAX]]]);
    gossip.tick(DECIDED_TIMEOUT_MS);
    gossip.receiveTip(keyOf(2), 11 + DECIDED_BLOCKS_MAX, DECIDED_TIMEOUT_MS);
    expect(far).toEqual([[2, 11 + DECIDED_BLOCKS_MAX]]);
  });

  it('is moved by no stranger, and takes no block that it did not ask for', () => {
    gossip.receiveTip(keyOf(9), 11, 0);
    gossip.receive(keyOf(9), decided(11), 1);
    gossip.receive(keyOf(2), decided(11), 1);
    expect([asked(), head]).toEqual([[], 10]);
    expect(meter.read().dropped).toEqual({ unasked: 2 });
    roles.set(keyOf(8), 'validator');
    gossip.receive(keyOf(8), decided(11), 2);
    expect(head).toBe(11);
  });

  it('takes a whole answer of a peer that did not say how far it is, and asks it for more', () => {
    roles.set(keyOf(1), 'validator');
    gossip.ask(keyOf(1), 11, 0);
    for (let height = 11; height < 11 + DECIDED_BLOCKS_MAX; height++)
      gossip.receive(keyOf(1), decided(height), 1);
    expect(asked()).toEqual([
      [1, 11, 10 + DECIDED_BLOCKS_MAX],
      [1, 11 + DECIDED_BLOCKS_MAX, 10 + 2 * DECIDED_BLOCKS_MAX],
    ]);
    gossip.tick(1 + DECIDED_TIMEOUT_MS);
    expect([asked().length, offences, gossip.nextDueMs()]).toEqual([2, [], null]);
  });
});

describe('a node that is asked for blocks', () => {
  it('gives what it has, at most so many, and remembers what the other has', () => {
    head = 100;
    gossip.answer(keyOf(9), 95, 120);
    expect(sent.map(({ frame }) => frame.kind === 'decided' && frame.height)).toEqual([
      95, 96, 97, 98, 99, 100,
    ]);
    expect(gossip.tipOf(keyOf(9))).toBe(94);
    sent = [];
    gossip.answer(keyOf(9), 1, 64);
    expect(sent).toHaveLength(DECIDED_BLOCKS_MAX);
  });

  it('remembers the heads of so many peers', () => {
    for (let index = 0; index <= TIPS_MAX; index++) gossip.receiveTip(keyOf(1_000 + index), 5, 0);
    expect(gossip.tipOf(keyOf(1_000))).toBe(0);
    expect(gossip.tipOf(keyOf(1_000 + TIPS_MAX))).toBe(5);
  });
});
