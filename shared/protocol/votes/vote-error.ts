/** @module What can be wrong with votes and certificates. */
import { ProtocolError } from '../primitives/errors.ts';

/** Stable codes; each names the one rule that was broken. */
export type VoteErrorCode =
  | 'CERTIFICATE_HEIGHT_MISMATCH'
  | 'CERTIFICATE_HASH_MISMATCH'
  | 'CERTIFICATE_BITMAP_LENGTH'
  | 'CERTIFICATE_EXTRA_BITS'
  | 'CERTIFICATE_SIGNATURE_COUNT'
  | 'CERTIFICATE_SIGNATURE_INVALID'
  | 'CERTIFICATE_POWER_TOO_LOW'
  | 'VOTE_NOT_A_VALIDATOR';

/** Thrown for votes and certificates that others made and that do not hold. */
export class VoteError extends ProtocolError<VoteErrorCode> {
  override readonly name = 'VoteError';
}
