/** @module Why a block is refused. */
import { ProtocolError } from '../primitives/errors.ts';

/** Stable codes; each names the rule that was broken. */
export type BlockErrorCode =
  /** Not the canonical encoding of a body. */
  | 'BLOCK_MALFORMED'
  /** More bytes than the chain's parameters or the protocol allow. */
  | 'BLOCK_TOO_LARGE'
  | 'BLOCK_TOO_MANY_TRANSACTIONS'
  | 'BLOCK_VERSION_UNKNOWN'
  | 'BLOCK_CHAIN_MISMATCH'
  | 'BLOCK_HEIGHT_MISMATCH'
  /** The parent hash is not that of our block below. */
  | 'BLOCK_PARENT_MISMATCH'
  /** Earlier than the parent's time plus the block time. */
  | 'BLOCK_TIME_TOO_EARLY'
  | 'BLOCK_PARAMS_MISMATCH'
  /** No work in it, although the chain makes no empty block at this time. */
  | 'BLOCK_EMPTY'
  /** The last commit is missing, superfluous, or not for the parent; or its certificate does not hold. */
  | 'BLOCK_LAST_COMMIT_INVALID'
  | 'BLOCK_LAST_COMMIT_HASH_MISMATCH'
  | 'BLOCK_EVIDENCE_INVALID'
  | 'BLOCK_EVIDENCE_HASH_MISMATCH'
  | 'BLOCK_TX_ROOT_MISMATCH'
  | 'BLOCK_VALIDATORS_MISMATCH'
  | 'BLOCK_NEXT_VALIDATORS_MISMATCH'
  /** Not the proposer of the round in the header. */
  | 'BLOCK_PROPOSER_MISMATCH'
  /** A transaction that may not be in a block; `tx_code` in the details says why. */
  | 'BLOCK_TX_INVALID'
  | 'BLOCK_RECEIPT_ROOT_MISMATCH'
  | 'BLOCK_STATE_ROOT_MISMATCH';

/** Thrown for blocks that others made and that this chain does not accept. */
export class BlockError extends ProtocolError<BlockErrorCode> {
  override readonly name = 'BlockError';
}
