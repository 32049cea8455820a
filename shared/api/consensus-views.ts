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

/** One validator. */
export interface ValidatorView extends ValidatorName {
  readonly operator: string | null;
  /** Share of 10^9; 0 outside the set. */
  readonly power: number;
  /** Of the round robin; null for a set of the past and outside the set. */
  readonly priority: number | null;
  readonly status: 'active' | 'pending' | 'standby' | 'jailed' | 'tombstoned' | 'registered';
  /** As it stands after the head; absent for a set of the past. */
  readonly record?: ValidatorRecordView;
}

/** What the state says of a validator beside its power. */
export interface ValidatorRecordView {
  readonly endpoint: string;
  readonly is_authority: boolean;
  readonly commission_bps: number;
  /** Native units bonded to it. */
  readonly stake: bigint;
  readonly unpaid_rewards: bigint;
  /** Commits without its signature within the window. */
  readonly missed: number;
  /** Block time from which on it may return, milliseconds; null while not jailed. */
  readonly jailed_until_ms: number | null;
}

/** The set that signs one height. */
export interface ValidatorSetView {
  /** Of the block that it signs. */
  readonly height: number;
  readonly validators_hash: string;
  readonly validators: readonly ValidatorView[];
}

/** A set, and a page of the registered validators outside the present one. */
export interface ValidatorsView {
  /** Null where the set of that height is forgotten. */
  readonly set: ValidatorSetView | null;
  readonly others: readonly ValidatorView[];
  /** Number of registration where the next page starts; null at the end. */
  readonly next: number | null;
}

/** What an account has staked, native units. */
export interface StakingView {
  readonly delegations: readonly (ValidatorName & {
    readonly stake: bigint;
    readonly shares: bigint;
    /** Earned and not paid out. */
    readonly rewards: bigint;
  })[];
  readonly unbonding: readonly (ValidatorName & {
    readonly amount: bigint;
    readonly started_height: number;
    /** Block time of the payment, milliseconds. */
    readonly due_ms: number;
  })[];
  readonly rewards: bigint;
}

/** One offence that stands on the chain. */
export interface EvidenceView {
  readonly validator: ValidatorName;
  readonly step: 'proposal' | 'prevote' | 'precommit';
  readonly infraction_height: number;
  readonly round: number;
  /** Block with the proof, and its time in milliseconds. */
  readonly height: number;
  readonly time_ms: number;
  /** `recorded`: nobody was left to punish. */
  readonly outcome: 'recorded' | 'punished';
  /** Bonded units burned at once. */
  readonly burned: bigint;
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
