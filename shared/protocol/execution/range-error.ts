/** @module Why a range of final blocks is refused, and whose fault that is. */
import { ProtocolError } from '../primitives/errors.ts';

/** Stable codes. All but the last two show that whoever sent the range did not send what the validators certified. */
export type BlockRangeErrorCode =
  /** Bytes that are no block, or no certificate. */
  | 'RANGE_MALFORMED'
  /** No blocks, not the next heights, or blocks that do not follow one another. */
  | 'RANGE_BROKEN'
  /** Transactions, evidence or last commit are not those that the header commits to. */
  | 'RANGE_BODY_MISMATCH'
  /** The validators did not certify the block. */
  | 'RANGE_CERTIFICATE_INVALID'
  /** The validators certified a block on another one than our head: one of the two chains is not the network's. */
  | 'RANGE_FORKED'
  /** The validators certified a block that breaks the rules as this node knows them; `block_code` says which. */
  | 'RANGE_BLOCK_INVALID';

/** Thrown for final blocks that others sent and that are not taken. `height` is in the details. */
export class BlockRangeError extends ProtocolError<BlockRangeErrorCode> {
  override readonly name = 'BlockRangeError';
}
