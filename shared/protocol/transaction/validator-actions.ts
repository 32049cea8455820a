/** @module What the sender of a transaction may do with validators, stake and votes. Execution provides it over the state. */
import type { ConsensusKey } from '../primitives/brand.ts';
import type { VoteKind } from './vote-kinds.ts';

/** A validator as its operator registers it. */
export interface Registration {
  readonly consensusKey: ConsensusKey;
  readonly name: string;
  readonly endpoint: string;
  readonly commissionBps: number;
  /** Signature of the consensus key over [chain_id, consensus_key, operator], 64 bytes. */
  readonly pop: Uint8Array;
}

/** Changes of a validator; null leaves a field as it is. */
export interface ValidatorChanges {
  readonly consensusKey: ConsensusKey;
  readonly name: string | null;
  readonly endpoint: string | null;
  readonly commissionBps: number | null;
}

/** An authority's voice for or against one change. */
export interface AuthorityBallot {
  readonly kind: VoteKind;
  readonly subject: Uint8Array;
  readonly value: Uint8Array;
  /** False takes an approval back. */
  readonly approve: boolean;
}

/** How a vote stands after a ballot. */
export interface VoteStanding {
  /** Authorities that approve. */
  readonly approvals: number;
  /** Authorities in force. */
  readonly authorities: number;
  /** True if this ballot decided it: the change is made. */
  readonly isPassed: boolean;
}

/** Actions of the sender. Each throws a TransactionFailure with the status of the rule that it breaks. */
export interface ValidatorActions {
  /** Makes the sender the operator of a new validator. */
  register(registration: Registration): void;
  /** Changes a validator of the sender. */
  update(changes: ValidatorChanges): void;
  /** Bonds native units; pays out rewards so far, and returns them. */
  stake(consensusKey: ConsensusKey, amount: bigint): bigint;
  /** Starts unbonding; pays out rewards so far. `dueMs` is the block time of the payment. */
  unstake(consensusKey: ConsensusKey, amount: bigint): { readonly rewards: bigint; readonly dueMs: number };
  /** Pays out rewards, at least 1 unit. */
  withdraw(consensusKey: ConsensusKey): bigint;
  /** Lets a jailed validator of the sender return. */
  unjail(consensusKey: ConsensusKey): void;
  /** Counts the sender's ballot, once for each authority that it operates. */
  vote(ballot: AuthorityBallot): VoteStanding;
}
