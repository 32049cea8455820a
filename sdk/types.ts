/** @module What the client takes and gives. Wire shapes with amounts as bigint; bytes stay 0x-hex. */

import type { BlockWire, HeadWire } from '../shared/api/schemas/block.ts';
import type {
  CommitWire,
  ConsensusWire,
  EvidenceListWire,
  StakingWire,
  ValidatorListWire,
} from '../shared/api/schemas/consensus.ts';
import type { InfoWire } from '../shared/api/schemas/node.ts';
import type { SyncStatusWire } from '../shared/api/schemas/sync.ts';
import type { MessageWire, SubmitOutcomeWire, TransactionWire } from '../shared/api/schemas/transaction.ts';
import type { SignedTransaction } from '../shared/protocol/transaction/transaction.ts';

export type Block = BlockWire;
export type Head = HeadWire;
export type Info = InfoWire;
export type SyncStatus = SyncStatusWire;
export type Consensus = ConsensusWire;
export type ValidatorList = ValidatorListWire;
export type Commit = CommitWire;
export type Staking = StakingWire;
export type EvidenceList = EvidenceListWire;
export type Transaction = TransactionWire;
export type Message = MessageWire;
export type SubmitOutcome = SubmitOutcomeWire;

/** Every call can be ended by a signal; it then rejects with the signal's reason. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Lists are read page by page as the loop asks for more. */
export interface ListOptions extends CallOptions {
  /** Items of a page, 1 to 100. */
  readonly pageSize?: number;
  /** `next_cursor` of an earlier page. */
  readonly cursor?: string;
}

/** An account with its balance in native units. */
export interface Account {
  readonly address: string;
  readonly exists: boolean;
  readonly balance: bigint;
  /** Next nonce that a block expects. */
  readonly nonce: number;
  /** Next nonce after the account's pending transactions. */
  readonly pendingNonce: number;
  readonly height: number;
}

/** What can be set on any transaction; the client finds out what is left out. */
export interface SendOptions extends CallOptions {
  /** Native units. Default: the least that the chain takes. */
  readonly fee?: bigint;
  readonly nonce?: number;
  /** Last height at which it may be included. Default: 1,000 blocks from now. */
  readonly validUntil?: number;
}

/** A payment. */
export interface TransferRequest extends SendOptions {
  readonly to: string;
  readonly amount: bigint;
  /** Absent = the native asset. */
  readonly asset?: string;
}

/** A message to an address. Text is sent as UTF-8. */
export interface MessageRequest extends SendOptions {
  readonly to: string;
  readonly body: string | Uint8Array;
  /** Default `text/plain` for text, `application/octet-stream` for bytes. */
  readonly contentType?: string;
}

/** Any transaction type by its name, with the payload as its codec takes it. */
export interface PayloadRequest extends SendOptions {
  readonly type: string;
  readonly payload: unknown;
}

/** What `send` takes: a payment, any payload, or a transaction that is signed already. */
export type SendRequest = TransferRequest | PayloadRequest | SignedTransaction;

/** Least fee of a transaction and what it is made of, in native units. */
export interface FeeEstimate {
  readonly fee: bigint;
  readonly minFee: bigint;
  readonly feePerByte: bigint;
  /** On top where the transaction opens an account. */
  readonly newAccountFee: bigint;
  readonly sizeBytes: number;
}

/** The pool of one moment. */
export interface Mempool {
  readonly count: number;
  readonly bytes: number;
  readonly height: number;
}
