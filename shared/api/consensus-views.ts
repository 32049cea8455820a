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

/**
 * Why a node does not sign. `new_key`: the key may have signed elsewhere. `behind`: a record knows of higher blocks than
 * this storage. `own_signature`: others have a signature of the key that this storage did not make. `order`: the operator.
 */
export const SIGNING_GUARD_REASONS = ['new_key', 'behind', 'own_signature', 'order'] as const;
export type SigningGuardReason = (typeof SIGNING_GUARD_REASONS)[number];
/** Who has a record of the chain or of the key. */
export const SIGNING_RECORD_SOURCES = ['storage', 'node', 'ledger', 'peers'] as const;
export type SigningRecordSource = (typeof SIGNING_RECORD_SOURCES)[number];

/** A place that one key may sign once. */
export interface SigningPosition {
  readonly height: number;
  readonly round: number;
  readonly step: 'proposal' | 'prevote' | 'precommit';
}

/** Whether this node signs with its validator key. */
export interface SigningView {
  /**
   * `ready` signs. `unchecked` will ask the records before its next signature, `checking` is asking. `guarded` does not sign.
   * `none`: the node has no validator key.
   */
  readonly status: 'none' | 'unchecked' | 'checking' | 'ready' | 'guarded';
  /** Of a guard. */
  readonly reason: SigningGuardReason | null;
  /** Whose record is waited for, or has raised the guard. */
  readonly source: SigningRecordSource | null;
  /** Highest height that the record shows, of a guard. */
  readonly record_height: number | null;
  /** Heights that have passed without the key's signature, at most ten; null where they cannot end the guard. */
  readonly quiet_heights: number | null;
  /** When the guard was raised, milliseconds. */
  readonly since_ms: number | null;
  /** The key signs above this only. */
  readonly mark: SigningPosition | null;
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
  readonly signing: SigningView;
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
