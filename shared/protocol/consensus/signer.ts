/**
 * @module The port through which the machine signs, and the rule that every implementation of it follows: look up the
 * position, sign only what is new and above the mark, write the row before anything else happens.
 */
import type { Signer } from '../crypto/verifier.ts';
import type { ConsensusKey } from '../primitives/brand.ts';
import { equalBytes } from '../primitives/bytes.ts';
import { SIGNED_STEPS, type SignedStep } from '../votes/evidence.ts';

/** Where a message stands. Within a round proposal comes before prevote before precommit. */
export interface SignPosition {
  readonly height: number;
  readonly round: number;
  readonly step: SignedStep;
}

/**
 * Signs in the same call. Null refuses: another message holds the position, the mark is past it, or a guard is up.
 * The row must become durable together with the state that the step returns, and before any effect leaves.
 */
export interface ConsensusSigner {
  readonly consensusKey: ConsensusKey;
  sign(position: SignPosition, message: Uint8Array): Uint8Array | null;
  /**
   * Lowest round of the height in which it may sign: 0 unless the operator vouches for the rounds below only. Null while a
   * guard is up, and in heights that the operator's mark covers: the node follows the rounds in silence.
   */
  firstRound(height: number): number | null;
}

/** Rows of one key. All calls happen in the transaction of the step that signs. */
export interface SignLogRows {
  read(position: SignPosition): { readonly message: Uint8Array; readonly signature: Uint8Array } | null;
  /** The highest position ever written; it never goes back. */
  mark(): SignPosition | null;
  /** Adds the row and raises the mark. */
  write(position: SignPosition, message: Uint8Array, signature: Uint8Array): void;
}

/** Signs by the rule above, or returns the stored signature of the very same message, or null. */
export function signOnce(
  rows: SignLogRows,
  signer: Signer,
  position: SignPosition,
  message: Uint8Array,
): Uint8Array | null {
  const stored = rows.read(position);
  if (stored !== null) return equalBytes(stored.message, message) ? stored.signature : null;
  const mark = rows.mark();
  if (mark !== null && comparePositions(position, mark) <= 0) return null;
  const signature = signer.sign(message);
  rows.write(position, message, signature);
  return signature;
}

/** Order of positions in time. */
export function comparePositions(left: SignPosition, right: SignPosition): number {
  return (
    left.height - right.height ||
    left.round - right.round ||
    SIGNED_STEPS[left.step] - SIGNED_STEPS[right.step]
  );
}
