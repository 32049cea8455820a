/** @module Why a transaction is refused. Codes are stable; details carry the numbers a client needs. */
import { ProtocolError } from '../primitives/errors.ts';

/** Codes of {@link TransactionError}. All but the first four depend on the chain's parameters or height. */
export type TransactionErrorCode =
  /** Bytes that are not the canonical encoding of a transaction. */
  | 'TX_MALFORMED'
  /** No type has this code. */
  | 'TX_TYPE_UNKNOWN'
  /** The encoding is fixed, but this version does not execute the type. */
  | 'TX_TYPE_INACTIVE'
  /** More than TRANSACTION_BYTES_MAX bytes. */
  | 'TX_TOO_LARGE'
  /** The payload decodes but breaks a rule of its type. */
  | 'TX_PAYLOAD_INVALID'
  /** The fee is below min_fee + fee_per_byte x bytes. */
  | 'TX_FEE_TOO_LOW'
  /** `valid_until` is 0 or below the next height. */
  | 'TX_EXPIRED'
  /** `valid_until` is further ahead than VALID_UNTIL_WINDOW. */
  | 'TX_VALID_UNTIL_TOO_FAR'
  /** The key is not a canonical point or of small order. */
  | 'TX_BAD_KEY'
  /** The signature does not verify for this chain. */
  | 'TX_BAD_SIGNATURE';

/** A transaction that can enter neither a block nor the mempool. */
export class TransactionError extends ProtocolError<TransactionErrorCode> {
  override readonly name = 'TransactionError';
}
