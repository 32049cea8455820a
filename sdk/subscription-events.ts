/** @module What the events of each topic carry. */
import type { BlockWire } from '../shared/api/schemas/block.ts';
import type { MessageWire, TransactionWire } from '../shared/api/schemas/transaction.ts';

/** A final block. With the filter `include_tx` its transactions are in. */
export type BlockEvent = BlockWire & { readonly tx_hashes: readonly string[] };

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
  readonly consensus_events: CommitEvent;
  readonly messages: MessageWire;
}
