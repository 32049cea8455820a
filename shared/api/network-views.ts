/** @module What a node says of itself and its peers, as values between Worker and NodeObject. */
import type { Result } from './objects.ts';

/** A final block in short: two nodes that have the same height must have the same. */
export interface Checkpoint {
  readonly height: number;
  readonly hash: string;
  readonly state_root: string;
}

/** A chain as a node claims to have it. */
export interface ChainClaim {
  readonly chain_id: string;
  readonly genesis_hash: string;
  readonly height: number;
  readonly head_hash: string;
  readonly state_root: string;
  /** Some lower heights, ascending: the newest multiples of a few strides. */
  readonly checkpoints: readonly Checkpoint[];
}

/** What the last comparison with a peer has shown: `match` at the highest common height, else what differs. */
export interface PeerComparison {
  readonly node_id: string;
  readonly result: 'match' | 'block' | 'state' | 'genesis';
  readonly height: number;
  /** Since when this result holds. */
  readonly since_ms: number;
}

/** What two nodes tell each other at each contact. */
export interface Exchange {
  /** Signed peer record, 0x-hex. */
  readonly record: string;
  readonly chains: readonly ChainClaim[];
}

/** The answer also names others. */
export interface ExchangeAnswer extends Exchange {
  /** Signed records of peers that the sender has reached lately. */
  readonly peers: readonly string[];
}

/** A notice under way. */
export interface NoticeMessage {
  /** Encoded notice, 0x-hex. */
  readonly content: string;
  /** Envelope of its origin over the content, 0x-hex. */
  readonly envelope: string;
  /** How often it may still be passed on. */
  readonly ttl: number;
  readonly seen_by: readonly string[];
}

/** Who calls, after the edge has checked the envelope: form, receiver, time, body and signature. */
export interface PeerCall {
  /** Node key. */
  readonly from: string;
  /** 0x-hex. */
  readonly nonce: string;
  readonly time_ms: number;
  /** Range of the caller's address. */
  readonly source: string;
}

/** How a peer stands. */
export const PEER_STATES = ['candidate', 'active', 'failing', 'dead', 'left', 'banned'] as const;
export type PeerState = (typeof PEER_STATES)[number];

/** A peer as this node knows it. */
export interface PeerView {
  readonly node_id: string;
  readonly node_key: string;
  readonly consensus_key: string | null;
  readonly url: string;
  readonly name: string;
  readonly version: number;
  readonly capabilities: readonly string[];
  readonly state: PeerState;
  /** Rounded. */
  readonly score: number;
  /** Contacts that failed since the last one that did not. */
  readonly failures: number;
  readonly first_seen_ms: number;
  /** 0: never. */
  readonly last_seen_ms: number;
  /** 0: not banned. */
  readonly banned_until_ms: number;
  readonly chains: readonly ChainClaim[];
  /** Signed record, 0x-hex. */
  readonly record: string;
}

/** What became of a boot node. */
export interface BootView {
  readonly url: string;
  readonly state: 'joined' | 'waiting' | 'failing' | 'self';
  /** Why it is failing; empty otherwise. */
  readonly detail: string;
}

/** This node among others. */
export interface NetworkView {
  /** Null for a node without a key. */
  readonly node_id: string | null;
  /** Own signed record; null for a node that takes no part. */
  readonly record: string | null;
  readonly peers: readonly PeerView[];
  readonly boot_nodes: readonly BootView[];
  /** When peers are asked next; null: never, there is nobody to ask. */
  readonly next_round_ms: number | null;
  readonly interval_ms: number;
}

/** How a notice came to this node. */
export interface NoticeView {
  readonly id: string;
  readonly kind: string;
  /** Id of the node that first told it. */
  readonly origin: string;
  /** From the time that its origin signed to its first arrival; the clocks of two machines stand between them. */
  readonly delay_ms: number;
  readonly hops: number;
  /** Further arrivals, as far as this life of the node has counted. */
  readonly duplicates: number;
}

/** How a chain of this node compares with those of its peers. */
export interface ReconciliationView {
  readonly chain_id: string;
  /** Peers that agreed when last compared, */
  readonly agreeing: number;
  /** and those with another block or state at a height that both have, or another genesis. */
  readonly diverging: number;
  /** Highest height at which a peer agreed. */
  readonly agreed_height: number;
  /** How far the highest claim of an active peer is above the own head; 0 for none. */
  readonly lag_blocks: number;
}

/** Kinds of alerts. */
export const ALERTS = [
  'state_divergence',
  'sync_stalled',
  'isolated',
  'chain_failed',
  'ledger_failed',
] as const;
export type AlertKind = (typeof ALERTS)[number];

/** An alert that holds now. */
export interface AlertView {
  readonly alert: AlertKind;
  /** Empty for one about the node. */
  readonly chain_id: string;
  readonly since_ms: number;
  readonly detail: string;
}

/** Figures for metrics. */
export interface NetworkFigures {
  readonly peers: Readonly<Record<PeerState, number>>;
  readonly interval_ms: number;
  readonly reconciliation: readonly ReconciliationView[];
  readonly alerts: readonly AlertView[];
}

/** The part of NodeObject that speaks for the node among others. Each method refuses with NETWORK_DISABLED without a key and URL. */
export interface NetworkRpc {
  network(): Promise<NetworkView>;
  /** Null for an unknown id. */
  node(node_id: string): Promise<PeerView | null>;
  claims(): Promise<readonly ChainClaim[]>;
  join(call: PeerCall, exchange: Exchange): Promise<Result<ExchangeAnswer>>;
  leave(call: PeerCall, request: { record: string }): Promise<Result<null>>;
  sync(call: PeerCall, exchange: Exchange): Promise<Result<ExchangeAnswer>>;
  broadcast(call: PeerCall, message: NoticeMessage): Promise<Result<{ id: string; relayed: boolean }>>;
  notice(id: string): Promise<NoticeView | null>;
  /** Joins the network through the node at this URL. */
  joinThrough(url: string): Promise<Result<PeerView>>;
  /** Tells the peers that this node leaves, and forgets them. */
  leaveNetwork(): Promise<Result<{ told: number }>>;
  beacon(): Promise<Result<{ id: string }>>;
}
