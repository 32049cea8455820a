/** @module One peer: its record, how it was found, and how it has behaved. Values; storage is in `peer-table.ts`. */
import type { ChainClaim, PeerState, PeerView } from '../../../shared/api/network-views.ts';
import { addressRange } from '../../../shared/api/p2p/peer-address.ts';
import { nodeIdOf, type PeerRecord } from '../../../shared/api/p2p/peer-record.ts';
import type { HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { BAN_AT, BAN_MS, movedScore, rewardedScore, type Score, scoreAt } from './peer-score.ts';

/** Failed contacts in a row after which a peer is dead. */
export const DEAD_AFTER_FAILURES = 3;
/** Failed contacts after which one that never answered is forgotten. */
export const CANDIDATE_FAILURES_MAX = 3;
/** A dead peer is forgotten when it was not seen for so long. */
export const DEAD_KEPT_MS = 24 * 3_600_000;

/** While its address was proved within this time, a call of a peer makes one to it needless. */
const PROOF_MS = 600_000;

/** `candidate`: its address is not proved. `active`: its key has answered there. `left`: kept so that old records count no more. */
export type PeerPhase = 'candidate' | 'active' | 'dead' | 'left';
/** Who named the peer first. */
export type PeerOrigin = 'boot' | 'join' | 'gossip';

export interface Peer {
  readonly nodeId: HashHex;
  readonly record: PeerRecord;
  /** The record with its signatures. */
  readonly sealed: Uint8Array;
  readonly origin: PeerOrigin;
  readonly phase: PeerPhase;
  /** Range of the address in the record. */
  readonly range: string;
  readonly firstSeenMs: number;
  /** When it last called or answered; 0 for never. */
  readonly lastSeenMs: number;
  /** When it last answered at its address; 0 for never. */
  readonly lastReachedMs: number;
  /** When it was last asked, or its own call made that needless; 0 for never. */
  readonly lastContactMs: number;
  /** Contacts that failed since the last that did not. */
  readonly failures: number;
  /** Others could not reach it: it is asked out of turn. */
  readonly isSuspect: boolean;
  readonly score: Score;
  readonly bannedUntilMs: number;
  readonly claims: readonly ChainClaim[];
}

/** A peer of whom only the record is known. */
export function newPeer(record: PeerRecord, sealed: Uint8Array, origin: PeerOrigin, nowMs: number): Peer {
  return {
    nodeId: nodeIdOf(record.nodeKey),
    record,
    sealed,
    origin,
    phase: 'candidate',
    range: rangeOf(record),
    firstSeenMs: nowMs,
    lastSeenMs: 0,
    lastReachedMs: 0,
    lastContactMs: 0,
    failures: 0,
    isSuspect: false,
    score: { value: 0, atMs: nowMs },
    bannedUntilMs: 0,
    claims: [],
  };
}

/** The peer with a newer record of its own. A new address has to be proved again; without one the peer has left. */
export function withRecord(peer: Peer, record: PeerRecord, sealed: Uint8Array): Peer {
  const renewed = { ...peer, record, sealed, range: rangeOf(record) };
  if (record.url === '') return { ...renewed, phase: 'left', claims: [], isSuspect: false };
  if (record.url === peer.record.url && peer.phase !== 'left') return renewed;
  return { ...renewed, phase: 'candidate', failures: 0, lastContactMs: 0 };
}

/** The peer has answered at its address. */
export function reached(peer: Peer, claims: readonly ChainClaim[], nowMs: number): Peer {
  return {
    ...peer,
    phase: 'active',
    lastSeenMs: nowMs,
    lastReachedMs: nowMs,
    lastContactMs: nowMs,
    failures: 0,
    isSuspect: false,
    score: rewardedScore(peer.score, nowMs - peer.lastReachedMs, nowMs),
    claims,
  };
}

/** The peer has called: it lives, but proves nothing about its address by that. One that was given up gets a new chance. */
export function heard(peer: Peer, claims: readonly ChainClaim[], nowMs: number): Peer {
  const alive = { ...peer, lastSeenMs: nowMs, claims };
  if (peer.phase === 'dead') return { ...alive, phase: 'candidate', failures: 0, lastContactMs: 0 };
  const isProved = peer.phase === 'active' && peer.failures === 0 && nowMs - peer.lastReachedMs < PROOF_MS;
  return isProved ? { ...alive, lastContactMs: nowMs } : alive;
}

/** The peer was asked in vain. Null: it is to be forgotten. */
export function missed(peer: Peer, nowMs: number): Peer | null {
  const failures = peer.failures + 1;
  const isTooOld = nowMs - Math.max(peer.lastSeenMs, peer.firstSeenMs) > DEAD_KEPT_MS;
  if (peer.phase === 'candidate' && failures >= CANDIDATE_FAILURES_MAX) return null;
  if (peer.phase === 'dead' && isTooOld) return null;
  // Two who cannot reach it are enough.
  const isDead = peer.phase === 'active' && (failures >= DEAD_AFTER_FAILURES || peer.isSuspect);
  const phase = isDead ? 'dead' : peer.phase;
  return { ...peer, failures, phase, isSuspect: false, lastContactMs: nowMs };
}

/** The peer with a score moved by `points`, and banned where that is low enough. */
export function judged(peer: Peer, points: number, nowMs: number): Peer {
  const score = movedScore(peer.score, points, nowMs);
  const isBanned = score.value <= BAN_AT && peer.bannedUntilMs <= nowMs;
  return { ...peer, score, bannedUntilMs: isBanned ? nowMs + BAN_MS : peer.bannedUntilMs };
}

/** How the peer stands. */
export function stateOf(peer: Peer, nowMs: number): PeerState {
  if (peer.bannedUntilMs > nowMs) return 'banned';
  if (peer.phase === 'active' && peer.failures > 0) return 'failing';
  return peer.phase;
}

/** The peer as others are shown it. */
export function peerView(peer: Peer, nowMs: number): PeerView {
  const { record } = peer;
  return {
    node_id: peer.nodeId,
    node_key: record.nodeKey,
    consensus_key: record.consensusKey,
    url: record.url,
    name: record.name,
    version: record.version,
    capabilities: record.capabilities,
    state: stateOf(peer, nowMs),
    score: Math.round(scoreAt(peer.score, nowMs)),
    failures: peer.failures,
    first_seen_ms: peer.firstSeenMs,
    last_seen_ms: peer.lastSeenMs,
    banned_until_ms: peer.bannedUntilMs > nowMs ? peer.bannedUntilMs : 0,
    chains: peer.claims,
    record: toHex(peer.sealed),
  };
}

function rangeOf({ url }: PeerRecord): string {
  return url === '' ? '' : addressRange(url);
}
