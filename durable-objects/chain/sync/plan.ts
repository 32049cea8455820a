/**
 * @module What to ask whom for next: a function of what is known and of the time. The lowest missing heights come first, in
 * a window of ranges, from the peers that are least busy and have failed least.
 */
import { RANGE_BLOCKS_MAX } from '../../../shared/api/p2p/blocks-codec.ts';
import {
  COMPARISONS,
  REQUESTS_MAX,
  REQUESTS_PER_PEER,
  SETTLE_BLOCKS,
  SETTLE_MS,
  WINDOW_RANGES,
} from './limits.ts';
import { type Download, highestClaim, type SyncPeer, type SyncState } from './sync-state.ts';

/** A claim this far above what is known is to be shown before it is believed. */
const TIP_DISTANCE = WINDOW_RANGES * RANGE_BLOCKS_MAX;

export interface Plan {
  readonly state: SyncState;
  /** Requests to make now; they are in the state already. */
  readonly requests: readonly Download[];
  /** When to plan again although nothing has happened; null when only an event can help. */
  readonly wakeMs: number | null;
}

/** Decides on the next requests. The same state and time give the same plan. */
export function plan(state: SyncState, nowMs: number): Plan {
  const target = highestClaim(state);
  if (target <= state.head) {
    return { state: { ...state, behindSinceMs: null, isPulling: false }, requests: [], wakeMs: null };
  }
  const behindSinceMs = state.behindSinceMs ?? nowMs;
  const settledMs = behindSinceMs + SETTLE_MS;
  if (isLeftToLinks(state) && nowMs < settledMs) {
    return { state: { ...state, behindSinceMs }, requests: [], wakeMs: settledMs };
  }
  let next: SyncState = { ...state, behindSinceMs, isPulling: true };
  const requests: Download[] = [];
  const ask = (request: Omit<Download, 'id'>): void => {
    const download = { id: next.nextId, ...request };
    requests.push(download);
    next = { ...next, nextId: next.nextId + 1, downloads: [...next.downloads, download] };
  };
  const doubted = doubtedTip(next, nowMs);
  if (doubted !== null && next.downloads.length < REQUESTS_MAX) {
    ask({ kind: 'tip', from: doubted.claim, to: doubted.claim, peer: doubted.node_id });
  }
  for (;;) {
    const gap = lowestGap(next, target);
    const peer =
      gap === null || next.downloads.length >= REQUESTS_MAX ? null : bestPeer(next, gap.from, nowMs);
    if (gap === null || peer === null) break;
    ask({ kind: 'range', from: gap.from, to: gap.to, peer: peer.node_id });
  }
  return { state: next, requests, wakeMs: next.downloads.length > 0 ? null : nextPauseEndMs(next, nowMs) };
}

/**
 * Where peers are known and none has as many blocks as this node: their tips, to see that they are on the same chain. Asked
 * once; whoever is on another one contradicts the own block at its height.
 */
export function comparison(state: SyncState): Pick<Plan, 'state' | 'requests'> {
  const below = [...state.peers.values()].filter(({ claim }) => claim > 0 && claim < state.head);
  if (below.length < state.peers.size) return { state, requests: [] };
  const requests = below.slice(0, COMPARISONS).map(({ claim, node_id }, index): Download => {
    return { id: state.nextId + index, kind: 'tip', from: claim, to: claim, peer: node_id };
  });
  const downloads = [...state.downloads, ...requests];
  return { state: { ...state, downloads, nextId: state.nextId + requests.length }, requests };
}

/**
 * What the node may say of itself: all is here, more comes, or blocks are missing and nobody can be asked now. What a peer
 * claims that does not answer counts for nothing beside one that answers and claims no more than is here.
 */
export function phaseOf(state: SyncState, nowMs: number): 'synced' | 'syncing' | 'waiting' {
  if (state.downloads.length > 0 || state.ready.length > 0) return 'syncing';
  if (isLeftToLinks(state)) return 'synced';
  const peers = [...state.peers.values()];
  const answering = peers.filter(({ pausedUntilMs }) => pausedUntilMs <= nowMs);
  if (answering.some((peer) => reach(peer) > state.head)) return 'syncing';
  if (state.certified > state.head) return 'waiting';
  const isAtTop = answering.some(({ claim }) => claim > 0);
  return isAtTop || peers.every((peer) => reach(peer) <= state.head) ? 'synced' : 'waiting';
}

/** So little is missing that the links will bring it, as they do with each block. */
function isLeftToLinks(state: SyncState): boolean {
  const target = Math.max(highestClaim(state), state.certified);
  return !state.isPulling && target - state.head <= SETTLE_BLOCKS;
}

function reach({ claim, hope }: SyncPeer): number {
  return Math.max(claim, hope);
}

/** The peer with the highest claim, while that is far above everything that was shown. One is asked at a time. */
function doubtedTip(state: SyncState, nowMs: number): SyncPeer | null {
  if (state.downloads.some(({ kind }) => kind === 'tip')) return null;
  let highest: SyncPeer | null = null;
  for (const peer of state.peers.values()) {
    const mayAsk = peer.pausedUntilMs <= nowMs && busyWith(state, peer) < REQUESTS_PER_PEER;
    if (mayAsk && peer.claim > (highest?.claim ?? 0)) highest = peer;
  }
  if (highest === null) return null;
  const known = Math.max(state.head, state.certified, highest.shown);
  return highest.claim > known + TIP_DISTANCE ? highest : null;
}

/** The lowest heights that nobody was asked for, while the window has room. */
function lowestGap(state: SyncState, target: number): { from: number; to: number } | null {
  const ranges = state.downloads.filter(({ kind }) => kind === 'range');
  const held = [...ranges, ...state.ready].sort((a, b) => a.from - b.from);
  if (held.length >= WINDOW_RANGES) return null;
  let from = state.head + 1;
  for (const range of held) {
    if (range.from > from) return { from, to: Math.min(range.from - 1, from + state.length - 1) };
    from = Math.max(from, range.to + 1);
  }
  return from > target ? null : { from, to: from + state.length - 1 };
}

/** Whoever has not failed with these heights, is least busy, has failed least, and is thought best of; in this order. */
function bestPeer(state: SyncState, from: number, nowMs: number): SyncPeer | null {
  const failed = state.attempts.get(from)?.failed ?? [];
  const rank = (peer: SyncPeer): readonly number[] => [
    failed.filter(({ peer: id }) => id === peer.node_id).length,
    busyWith(state, peer),
    peer.failures,
    -peer.score,
    -reach(peer),
  ];
  let best: { peer: SyncPeer; rank: readonly number[] } | null = null;
  for (const peer of state.peers.values()) {
    if (peer.pausedUntilMs > nowMs || reach(peer) < from) continue;
    if (busyWith(state, peer) >= REQUESTS_PER_PEER) continue;
    const candidate = { peer, rank: rank(peer) };
    if (best === null || isBelow(candidate.rank, best.rank)) best = candidate;
  }
  return best?.peer ?? null;
}

function busyWith(state: SyncState, { node_id }: SyncPeer): number {
  return state.downloads.filter(({ peer }) => peer === node_id).length;
}

function isBelow(left: readonly number[], right: readonly number[]): boolean {
  for (const [index, value] of left.entries()) {
    const difference = value - (right[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

/** When the first of those who could help may be asked again. */
function nextPauseEndMs(state: SyncState, nowMs: number): number | null {
  let next: number | null = null;
  for (const peer of state.peers.values()) {
    if (peer.pausedUntilMs <= nowMs || reach(peer) <= state.head) continue;
    next = Math.min(next ?? peer.pausedUntilMs, peer.pausedUntilMs);
  }
  return next;
}
