/** @module The transaction as a value. Bytes are defined in `encode.ts`, types behind `define-transaction.ts`. */
import type { Address, HashHex } from '../primitives/brand.ts';

/** A transaction whose payload has been decoded by its type. Source: docs/spec/transactions.md. */
export interface Transaction<Payload = unknown> {
  /** Code of the transaction type, 0 to 2^16-1. */
  readonly type: number;
  /** Ed25519 public key of the sender, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** First nonce of an account is 0. */
  readonly nonce: number;
  /** Native units, u63. */
  readonly fee: bigint;
  /** Last height at which the transaction may be included. */
  readonly validUntil: number;
  readonly payload: Payload;
  /** Ed25519 signature over the sign bytes, 64 bytes. */
  readonly signature: Uint8Array;
}

/** A decoded transaction with what everyone asks of it, computed once. */
export interface SignedTransaction {
  readonly transaction: Transaction;
  readonly bytes: Uint8Array;
  /** SHA-256 of `bytes`. */
  readonly hash: HashHex;
  /** Address of `transaction.publicKey`. */
  readonly sender: Address;
}
