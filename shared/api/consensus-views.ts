/** @module How consensus stands, as the chain's object tells it: views for the RPC, events for subscribers. */

/** A validator by key and name. */
export interface ValidatorName {
  readonly consensus_key: string;
  readonly name: string;
}

/** A vote that is here. */
export interface CastVote extends ValidatorName {
  /** Null is a vote for no block. */
  readonly block_hash: string | null;
}

/** A block that this node is bound to or may propose again. */
export interface RoundBlockView {
  readonly round: number;
  readonly hash: string;
}

/** The height under decision as one node sees it. */
export interface ConsensusView {
  /** Height under decision: one above the head. */
  readonly height: number;
  readonly round: number;
  /** `idle` waits for work. */
  readonly step: 'idle' | 'propose' | 'prevote' | 'precommit' | 'decided';
  /** Consensus key whose turn it is. */
  readonly proposer: string;
  /** When this node entered the step, or woke in it; milliseconds since 1970. */
  readonly since_ms: number;
  readonly validators_total: number;
  readonly prevotes: readonly CastVote[];
  readonly precommits: readonly CastVote[];
  /** Validators whose vote of this step is not here; none while idle. */
  readonly missing: readonly ValidatorName[];
  readonly locked: RoundBlockView | null;
  readonly valid: RoundBlockView | null;
  /** Validators whose nodes this one has a link to. */
  readonly peers: readonly ValidatorName[];
}

/** One validator of a set. */
export interface ValidatorView extends ValidatorName {
  readonly operator: string | null;
  /** Share of 10^9. */
  readonly power: number;
  /** Of the round robin; null for a set of the past. */
  readonly priority: number | null;
  readonly status: 'active' | 'waiting' | 'jailed' | 'tombstoned';
}

/** The set that signs one height. */
export interface ValidatorSetView {
  /** Of the block that it signs. */
  readonly height: number;
  readonly validators_hash: string;
  readonly validators: readonly ValidatorView[];
}

/** What a subscriber of `consensus_events` sees while it happens, and never again. */
export type VolatileEvent = {
  readonly height: number;
  readonly round: number;
  readonly timestamp: string;
} & (
  | { readonly event: 'new_round'; readonly proposer: string }
  | { readonly event: 'proposal'; readonly hash: string }
  | { readonly event: 'prevote_quorum'; readonly hash: string | null }
  | { readonly event: 'precommit_quorum'; readonly hash: string }
  | { readonly event: 'timeout'; readonly step: 'propose' | 'prevote' | 'precommit' }
);
