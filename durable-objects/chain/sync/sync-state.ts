/** @module What synchronisation knows between two events. Values are never changed in place. */
import type { ChainPeer, PeerOffence } from '../../../shared/api/objects.ts';
import type { CertifiedBytes } from '../../../shared/protocol/execution/linked-blocks.ts';

/** A node that may have blocks. */
export interface SyncPeer extends ChainPeer {
  /** It has this height, as it said; what it did not show when asked is taken back. */
  readonly claim: number;
  /** It may have this height as well: it had everything below that it was asked for. */
  readonly hope: number;
  /** The highest block that it has shown. */
  readonly shown: number;
  /** Failures since its last good answer. */
  readonly failures: number;
  /** Asked for nothing before this time, milliseconds. */
  readonly pausedUntilMs: number;
}

/** Heights that were asked for. A `tip` is one block far above the head: it shows that a claim is true. */
export interface Download {
  readonly id: number;
  readonly kind: 'range' | 'tip';
  readonly from: number;
  readonly to: number;
  /** Node id. */
  readonly peer: string;
}

/** Blocks that came and wait for those below them. */
export interface ReadyRange {
  readonly from: number;
  readonly to: number;
  readonly peer: string;
  readonly blocks: readonly CertifiedBytes[];
}

/** How often the heights from one on were asked for in vain, and who failed. */
export interface Attempts {
  readonly downloads: number;
  readonly processings: number;
  /** Without an offence where a peer said no. */
  readonly failed: readonly (Omit<Report, 'offence'> & { readonly offence: PeerOffence | null })[];
}

/** Something to be held against a peer. */
export interface Report {
  readonly peer: string;
  readonly offence: PeerOffence;
  readonly detail: string;
}

export interface SyncState {
  /** Height of the head. */
  readonly head: number;
  /** The highest height that this node knows to be final by a certificate, at least the head. */
  readonly certified: number;
  /** By node id. */
  readonly peers: ReadonlyMap<string, SyncPeer>;
  readonly downloads: readonly Download[];
  /** Ascending, without overlap. */
  readonly ready: readonly ReadyRange[];
  /** By first height. */
  readonly attempts: ReadonlyMap<number, Attempts>;
  /** Heights to ask for at once: fewer where blocks are large. */
  readonly length: number;
  readonly nextId: number;
  /** Since when nothing has moved although blocks are missing; null while none is. */
  readonly behindSinceMs: number | null;
  /** Ranges are pulled until nothing is missing. Before that the links have their chance. */
  readonly isPulling: boolean;
}

/** The state of a node that knows nobody. */
export function newSyncState(head: number, length: number): SyncState {
  return {
    head,
    certified: head,
    peers: new Map(),
    downloads: [],
    ready: [],
    attempts: new Map(),
    length,
    nextId: 1,
    behindSinceMs: null,
    isPulling: false,
  };
}

/** The highest height that any peer may have. */
export function highestClaim(state: SyncState): number {
  let highest = 0;
  for (const { claim, hope } of state.peers.values()) highest = Math.max(highest, claim, hope);
  return highest;
}

/** The state with one peer changed; an unknown peer changes nothing. */
export function withPeer(
  state: SyncState,
  id: string,
  change: (peer: SyncPeer) => Partial<SyncPeer>,
): SyncState {
  const peer = state.peers.get(id);
  if (peer === undefined) return state;
  return { ...state, peers: new Map(state.peers).set(id, { ...peer, ...change(peer) }) };
}
