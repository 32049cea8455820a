/** @module Limits of the mempool. A node may run with smaller ones; they are no part of the chain's rules. */

/** What a mempool may hold and for how long. */
export interface MempoolLimits {
  /** Transactions in all. */
  readonly transactionsMax: number;
  /** Encoded bytes in all. */
  readonly bytesMax: number;
  /** Transactions of one sender. */
  readonly senderTransactionsMax: number;
  /** How far a nonce may lie beyond the first missing one. */
  readonly nonceGapMax: number;
  /** Milliseconds after which a pending transaction expires, since heights stand still on an idle chain. */
  readonly ttlMs: number;
}

/** Transactions in all: four full blocks of 5,000, so that production never waits for submission. */
export const MEMPOOL_TRANSACTIONS_MAX = 20_000;
/** Bytes in all: an object shares 128 MB with its isolate, and decoded transactions take several times their bytes. */
export const MEMPOOL_BYTES_MAX = 16_000_000;
/** Transactions of one sender: four requests of 500. */
export const MEMPOOL_SENDER_TRANSACTIONS_MAX = 2_000;
/** Nonces ahead of the first missing one: parallel requests may overtake each other, strangers may not reserve. */
export const MEMPOOL_NONCE_GAP_MAX = 64;
/** One hour. */
export const MEMPOOL_TTL_MS = 3_600_000;

/** The limits that a node has unless it is told otherwise. */
export const MEMPOOL_LIMITS: MempoolLimits = {
  transactionsMax: MEMPOOL_TRANSACTIONS_MAX,
  bytesMax: MEMPOOL_BYTES_MAX,
  senderTransactionsMax: MEMPOOL_SENDER_TRANSACTIONS_MAX,
  nonceGapMax: MEMPOOL_NONCE_GAP_MAX,
  ttlMs: MEMPOOL_TTL_MS,
};
