/** @module Peers of a node over time: what it remembers, whom it believes, how much room it gives to whom. */
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  CANDIDATES_MAX,
  JOINED_PEERS_MAX,
  RANGE_PEERS_MAX,
} from '../../../durable-objects/node/network/admission.ts';
import {
  JOINS_IN_ALL,
  JOINS_PER_SOURCE,
  PEER_LIMITS,
} from '../../../durable-objects/node/network/call-limits.ts';
import { CREATE_ONCE_TABLES, ONCE_MAX, OnceTable } from '../../../durable-objects/node/network/once-table.ts';
import { BAN_MS, SCORE_HALF_LIFE_MS } from '../../../durable-objects/node/network/peer-score.ts';
import type { ChainClaim } from '../../../shared/api/network-views.ts';
import { ENVELOPE_HEADER, ENVELOPE_WINDOW_MS } from '../../../shared/api/p2p/envelope.ts';
import { encodeNotice, noticeId } from '../../../shared/api/p2p/notice.ts';
import { fromHex, toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { MemorySql } from '../../simulation/sql-storage.ts';
import { callOf, InMemoryNetwork } from '../../support/in-memory-network.ts';
import { NodeStranger } from '../../support/node-stranger.ts';

const HASH = `0x${'11'.repeat(32)}`;
const OTHER = `0x${'22'.repeat(32)}`;
const START_MS = 1_795_233_600_000;

let node: InMemoryNetwork;
beforeEach(() => {
  vi.useFakeTimers({ now: START_MS, toFake: ['Date'] });
  node = new InMemoryNetwork();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

let strangers = 0;
/** A node in a domain of its own. */
function stranger(): NodeStranger {
  strangers += 1;
  return new NodeStranger(`https://node.stranger${strangers}.org`);
}

const claim = (chain_id: string, genesis_hash: string, height: number): ChainClaim => ({
  chain_id,
  genesis_hash,
  height,
  head_hash: HASH,
  state_root: HASH,
  checkpoints: [],
});

function join(other: NodeStranger, chains: readonly ChainClaim[] = [], to = node) {
  return to.network.join(callOf(other), { record: other.record(), chains });
}

const codeOf = (result: { ok: boolean; problem?: { code: string } }): string =>
  result.ok ? 'ok' : (result.problem?.code ?? '');

/** Rewrites the rows so that the peer counts as one whose address was proved. */
function prove(other: NodeStranger, to = node): InMemoryNetwork {
  to.sql.exec(
    `UPDATE peers SET peer = json_set(peer, '$.phase', 'active', '$.lastReachedMs', ${Date.now()}) WHERE node_id = ?`,
    other.nodeId,
  );
  return to.reborn();
}

describe('a nonce', () => {
  it('is remembered for two windows, through the loss of all memory', () => {
    const other = stranger();
    const call = callOf(other);
    const exchange = { record: other.record(), chains: [] };
    expect(codeOf(node.network.join(call, exchange))).toBe('ok');
    for (const passed of [0, ENVELOPE_WINDOW_MS, ENVELOPE_WINDOW_MS - 1]) {
      pass(passed);
      node = node.reborn();
      expect(codeOf(node.network.join(call, exchange))).toBe('UNAUTHORIZED');
    }
  });

  it('is forgotten after, when the edge refuses it by its time', async () => {
    const other = stranger();
    node.network.join(callOf(other), { record: other.record(), chains: [] });
    expect(node.rows('nonces')).toBe(1);
    pass(2 * ENVELOPE_WINDOW_MS + 1);
    node.network.join(callOf(stranger()), { record: other.record(), chains: [] });
    expect(node.rows('nonces')).toBe(1);
  });

  it('that cannot be remembered is not taken', () => {
    const sql = new MemorySql();
    sql.exec(CREATE_ONCE_TABLES);
    const once = new OnceTable(sql.asStorage, 'nonces');
    for (let index = 0; index < ONCE_MAX; index += 1) expect(once.claim(`${index}`, 100, 0)).toBe('first');
    expect(once.claim('one more', 100, 50)).toBe('full');
    expect(once.claim('0', 100, 50)).toBe('again');
    expect(once.claim('one more', 300, 101)).toBe('first');
  });
});

describe('a flood of joins', () => {
  it('from one source is stopped after its burst, and goes on at its rate', () => {
    const results = Array.from({ length: JOINS_PER_SOURCE.burst + 4 }, () => {
      const other = stranger();
      const call = callOf(other, { source: '1.2.3.0/24' });
      return codeOf(node.network.join(call, { record: other.record(), chains: [] }));
    });
    expect(results.filter((code) => code === 'ok')).toHaveLength(JOINS_PER_SOURCE.burst);
    expect(results.filter((code) => code === 'RATE_LIMITED')).toHaveLength(4);
    expect(codeOf(join(stranger()))).toBe('ok');
    pass(60_000);
    const late = stranger();
    const call = callOf(late, { source: '1.2.3.0/24' });
    expect(codeOf(node.network.join(call, { record: late.record(), chains: [] }))).toBe('ok');
  });

  it('from everywhere is stopped too, without a row for those who are refused', () => {
    for (let count = 0; count < JOINS_IN_ALL.burst; count += 1) join(stranger());
    const rows = node.rows('nonces');
    expect(codeOf(join(stranger()))).toBe('RATE_LIMITED');
    expect(node.rows('nonces')).toBe(rows);
  });

  it('leaves places: newcomers, one domain, and those who come by themselves are bounded', () => {
    const inOneDomain = Array.from({ length: RANGE_PEERS_MAX + 1 }, (_, index) =>
      codeOf(join(new NodeStranger(`https://n${index}.crowd.org`))),
    );
    expect(inOneDomain.filter((code) => code === 'ok')).toHaveLength(RANGE_PEERS_MAX);
    expect(inOneDomain.at(-1)).toBe('PEERS_FULL');
    const codes: string[] = [];
    for (let count = 0; count < CANDIDATES_MAX; count += 1) {
      pass(1_000);
      codes.push(codeOf(join(stranger())));
    }
    expect(codes.filter((code) => code === 'ok')).toHaveLength(CANDIDATES_MAX - RANGE_PEERS_MAX);
    expect(node.rows('peers')).toBe(CANDIDATES_MAX);
    // Proved ones make room for other newcomers, up to half of all places.
    for (let taken = CANDIDATES_MAX; taken < JOINED_PEERS_MAX; taken += 1) {
      node.sql.exec(`UPDATE peers SET peer = json_set(peer, '$.phase', 'active')`);
      node = node.reborn();
      expect(codeOf(join(stranger()))).toBe('ok');
    }
    node.sql.exec(`UPDATE peers SET peer = json_set(peer, '$.phase', 'active')`);
    node = node.reborn();
    expect(codeOf(join(stranger()))).toBe('PEERS_FULL');
    expect(node.rows('peers')).toBe(JOINED_PEERS_MAX);
  });
});

describe('peers of a chain', () => {
  beforeEach(() => node.addChain({ chain_id: 'main', genesis_hash: HASH, height: 5 }));

  it('have its genesis and a proved address; the best come first', () => {
    const [low, high, foreign, unproved, elsewhere] = [
      stranger(),
      stranger(),
      stranger(),
      stranger(),
      stranger(),
    ];
    node.addChain({ chain_id: 'side', genesis_hash: HASH, height: 1 });
    join(low, [claim('main', HASH, 7)]);
    join(high, [claim('main', HASH, 9)]);
    join(foreign, [claim('main', OTHER, 99), claim('side', HASH, 1)]);
    join(unproved, [claim('main', HASH, 99)]);
    for (const other of [low, high, foreign, elsewhere]) node = prove(other);
    expect(node.network.peersOf('main').map(({ node_id }) => node_id)).toEqual([high.nodeId, low.nodeId]);
    expect(node.network.peersOf('none')).toEqual([]);
    node.network.report({ peer: high.nodeKey, offence: 'timeout', detail: 'slow', chain_id: 'main' });
    const [first, second] = node.network.peersOf('main');
    expect([first?.node_id, second?.node_id, second?.score]).toEqual([low.nodeId, high.nodeId, -5]);
  });

  it('are no more asked below a score, are banned for a grave fault, and come back after', () => {
    const other = stranger();
    join(other, [claim('main', HASH, 9)]);
    node = prove(other);
    const report = (offence: 'timeout' | 'truncated' | 'invalid_block') =>
      node.network.report({ peer: other.nodeId, offence, detail: 'test', chain_id: 'main' });
    report('truncated');
    expect(node.network.peersOf('main')).toEqual([]);
    expect(node.network.node(other.nodeId)?.state).toBe('active');
    pass(SCORE_HALF_LIFE_MS);
    expect(node.network.peersOf('main')).toMatchObject([{ score: -10 }]);
    report('invalid_block');
    node = node.reborn();
    expect(node.network.node(other.nodeId)?.state).toBe('banned');
    expect(codeOf(node.network.sync(callOf(other), { record: other.record(), chains: [] }))).toBe(
      'PEER_BANNED',
    );
    expect(codeOf(join(other))).toBe('PEER_BANNED');
    pass(BAN_MS + 1);
    expect(node.network.node(other.nodeId)?.state).toBe('active');
    expect(codeOf(node.network.sync(callOf(other), { record: other.record(), chains: [] }))).toBe('ok');
  });

  it('may have other chains, but one in common', () => {
    expect(codeOf(join(stranger(), [claim('side', HASH, 1)]))).toBe('PEER_INCOMPATIBLE');
    expect(codeOf(join(stranger(), [claim('main', OTHER, 1)]))).toBe('PEER_INCOMPATIBLE');
    expect(codeOf(join(stranger(), [claim('main', OTHER, 1), claim('main', HASH, 1)]))).toBe('ok');
    expect(codeOf(join(stranger(), []))).toBe('ok');
  });
});

describe('a record', () => {
  it('counts for the key that calls, and never goes back', () => {
    const [owner, thief] = [stranger(), stranger()];
    const stolen = node.network.join(callOf(thief), { record: owner.record(), chains: [] });
    expect(codeOf(stolen)).toBe('PEER_RECORD_INVALID');
    expect(node.rows('peers')).toBe(0);
    const old = owner.record();
    pass(1);
    join(owner);
    expect(codeOf(node.network.join(callOf(owner), { record: old, chains: [] }))).toBe('PEER_RECORD_STALE');
    expect(node.network.node(owner.nodeId)?.record).not.toBe(old);
  });
});

describe('a chain of two parties', () => {
  it('is shown to nobody else, and that a peer runs it neither', () => {
    node.addChain({ chain_id: 'pair', genesis_hash: HASH, height: 3, chain_type: 'bilateral' });
    node.addChain({ chain_id: 'main', genesis_hash: HASH, height: 5 });
    const other = stranger();
    const answer = join(other, [claim('pair', HASH, 3), claim('main', HASH, 5)]);
    if (!answer.ok) throw new Error(answer.problem.detail);
    expect(answer.value.chains.map(({ chain_id }) => chain_id)).toEqual(['main']);
    expect(node.network.node(other.nodeId)?.chains.map(({ chain_id }) => chain_id)).toEqual(['main']);
    expect(node.network.view().peers[0]?.chains.map(({ chain_id }) => chain_id)).toEqual(['main']);
  });
});

describe('what a peer says of its chains', () => {
  it('raises no alarm before its address is proved, nor after it is banned', () => {
    node.addChain({ chain_id: 'main', genesis_hash: HASH, height: 5 });
    const other = stranger();
    const lie = { ...claim('main', HASH, 5), state_root: OTHER };
    const diverging = () => node.watch.figures(node.registry.snapshots()).reconciliation[0]?.diverging;
    join(other, [lie]);
    expect(diverging()).toBe(0);
    node = prove(other);
    node.network.sync(callOf(other), { record: other.record(), chains: [lie] });
    expect(diverging()).toBe(1);
    node.network.report({ peer: other.nodeId, offence: 'wrong_state', detail: 'test', chain_id: 'main' });
    expect(node.network.surroundings().nodeIds.has(other.nodeId)).toBe(false);
  });
});

describe('what a peer says', () => {
  it('of others is looked at, once their record is true', () => {
    const [teller, told] = [stranger(), stranger()];
    join(teller);
    join(told);
    node = prove(told);
    const answer = node.network.sync(callOf(teller), { record: teller.record(), chains: [] });
    if (!answer.ok) throw new Error(answer.problem.detail);
    expect(answer.value.peers).toEqual([node.network.node(told.nodeId)?.record]);
  });

  it('too often is not listened to', () => {
    const other = stranger();
    join(other);
    const codes = Array.from({ length: PEER_LIMITS.exchange.burst + 50 }, () =>
      codeOf(node.network.sync(callOf(other), { record: other.record(), chains: [] })),
    );
    expect(codes.filter((code) => code === 'ok')).toHaveLength(PEER_LIMITS.exchange.burst);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(50);
  });
});

describe('a notice', () => {
  it('of an origin that nobody here knows is neither believed nor passed on', () => {
    const [teller, origin, victim] = [stranger(), stranger(), stranger()];
    for (const other of [teller, victim]) {
      join(other);
      node = prove(other);
    }
    const content = encodeNotice({
      kind: 'leave',
      record: fromHex(victim.record({ url: '', seq: Date.now() + 1 })),
    });
    const messageOf = (other: NodeStranger) => {
      const { headers } = other.request('broadcast', other.nodeKey, {}, { bodyHash: noticeId(content) });
      return { content: toHex(content), envelope: headers[ENVELOPE_HEADER] ?? '', ttl: 3, seen_by: [] };
    };
    const unknown = node.network.broadcast(callOf(teller), messageOf(origin));
    expect(unknown).toMatchObject({ ok: true, value: { relayed: false } });
    expect(node.network.node(victim.nodeId)?.state).toBe('active');
    const known = node.network.broadcast(callOf(teller), messageOf(teller));
    expect(known).toMatchObject({ ok: true, value: { relayed: true } });
    expect(node.network.node(victim.nodeId)?.state).toBe('left');
  });
});

describe('a storm of one notice', () => {
  it('of 100,000 copies is taken once and costs neither rows nor memory', () => {
    const other = stranger();
    join(other);
    node = prove(other);
    const content = encodeNotice({ kind: 'beacon', nonce: Uint8Array.from(randomBytes(16)) });
    const id = noticeId(content);
    const { headers } = other.request('broadcast', other.nodeKey, {}, { bodyHash: id });
    const message = {
      content: toHex(content),
      envelope: headers[ENVELOPE_HEADER] ?? '',
      ttl: 3,
      seen_by: [],
    };
    const call = callOf(other);
    expect(node.network.broadcast(call, message)).toMatchObject({ ok: true, value: { id, relayed: true } });
    const rows = ['nonces', 'notices', 'peers', 'network'].map((table) => node.rows(table));
    const before = process.memoryUsage().heapUsed;
    const kinds = new Map<string, number>();
    for (let count = 0; count < 100_000; count += 1) {
      if (count % 10 === 0) pass(1);
      const result = node.network.broadcast(call, message);
      const kind = result.ok ? `relayed ${result.value.relayed}` : result.problem.code;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    }
    expect([...kinds.keys()].sort()).toEqual(['RATE_LIMITED', 'relayed false']);
    expect(['nonces', 'notices', 'peers', 'network'].map((table) => node.rows(table))).toEqual(rows);
    expect(node.network.notice(id)?.duplicates).toBe(kinds.get('relayed false'));
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32_000_000);
    // Not after the loss of all memory either.
    pass(1_000);
    node = node.reborn();
    expect(node.network.broadcast(call, message)).toMatchObject({ ok: true, value: { relayed: false } });
  });
});
