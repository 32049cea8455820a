/** @module What the events of each topic carry. */
import type { VolatileEvent } from '../shared/api/consensus-views.ts';
import type { BlockWire } from '../shared/api/schemas/block.ts';
import type { MessageWire, TransactionWire } from '../shared/api/schemas/transaction.ts';

/** A final block. With the filter `include_tx` its transactions are in. */
export type BlockEvent = BlockWire & { readonly tx_hashes: readonly string[] };

/** A validator signed twice; the proof is in the block. */
export interface EvidenceEvent {
  readonly event: 'evidence';
  /** Of the block with the proof. */
  readonly height: number;
  /** Consensus key. */
  readonly validator: string;
  readonly step: 'proposal' | 'prevote' | 'precommit';
  readonly infraction_height: number;
  readonly round: number;
}

/** Another validator set signs from `effective_height` on. */
export interface SetChangeEvent {
  readonly event: 'set_change';
  readonly height: number;
  readonly effective_height: number;
  readonly validators_hash: string;
  readonly next_validators_hash: string;
}

/** What `consensus_events` brings: of blocks, and (`volatile`) what happens between them. */
export type ConsensusEvent = CommitEvent | EvidenceEvent | SetChangeEvent | VolatileEvent;

/** A decision of consensus. */
export interface CommitEvent {
  readonly event: 'commit';
  readonly height: number;
  readonly round: number;
  readonly proposer: string;
  readonly hash: string;
  readonly timestamp: string;
  readonly tx_count: number;
  readonly validators_hash: string;
  /** Indexes into the validator set, in key order. */
  readonly signers: readonly number[];
}

/** Data by topic. */
export interface EventData {
  readonly new_blocks: BlockEvent;
  readonly new_transactions: TransactionWire;
  readonly consensus_events: ConsensusEvent;
  readonly messages: MessageWire;
}
