/** @module Why evidence is refused. */
import { ProtocolError } from '../primitives/errors.ts';

/** Stable codes; each names the rule that was broken. */
export type EvidenceErrorCode =
  /** Not the canonical encoding of an item. */
  | 'EVIDENCE_MALFORMED'
  /** The contents are equal or out of order, or a signature does not hold. */
  | 'EVIDENCE_FALSE'
  /** About a height that was not reached. */
  | 'EVIDENCE_FROM_FUTURE'
  /** Older than `evidence_age_ms`. */
  | 'EVIDENCE_TOO_OLD'
  /** The key was not in the validator set of that height. */
  | 'EVIDENCE_NOT_A_VALIDATOR'
  /** The same offence is on the chain or earlier in this block, or another one of a validator that cannot be punished. */
  | 'EVIDENCE_KNOWN'
  /** The validator was punished for another offence: it is out for good. */
  | 'EVIDENCE_TOMBSTONED';

/** Thrown for evidence that no block may hold. */
export class EvidenceError extends ProtocolError<EvidenceErrorCode> {
  override readonly name = 'EvidenceError';
}
