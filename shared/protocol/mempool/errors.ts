/** @module Why the mempool refuses a transaction that is valid by itself. */
import { ProtocolError } from '../primitives/errors.ts';

/** Codes of {@link MempoolError}. `details.expected` and `details.actual` carry the numbers. */
export type MempoolErrorCode =
  /** The nonce was used in a final block. */
  | 'TX_NONCE_TOO_LOW'
  /** The nonce lies more than the allowed gap beyond the first missing one. */
  | 'TX_NONCE_TOO_FAR'
  /** The balance does not cover the fees and units of all pending transactions of the sender and this one. */
  | 'TX_INSUFFICIENT_BALANCE'
  /** Another transaction with this nonce is pending, and the fee is not a tenth higher. */
  | 'TX_REPLACEMENT_UNDERPRICED'
  /** The mempool is full of transactions that pay at least as much. */
  | 'MEMPOOL_FULL'
  /** The sender has as many pending transactions as one may have. */
  | 'MEMPOOL_SENDER_LIMIT';

/** A transaction that the mempool does not take now. */
export class MempoolError extends ProtocolError<MempoolErrorCode> {
  override readonly name = 'MempoolError';
}
