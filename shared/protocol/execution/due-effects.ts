/** @module Third part of a block: what block time makes due, a bounded number of effects at a time. */
import type { ChainParams } from '../primitives/chain-params.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { expireVotes, isVoteDue } from '../state/authority-votes.ts';
import type { BlockEnvironment } from '../state/block-environment.ts';
import { readPending } from '../state/claims.ts';
import { dropOldestEvidence, isOldestEvidenceDue } from '../state/evidence-records.ts';
import type { Overlay } from '../state/overlay.ts';
import { readParams } from '../state/params.ts';
import { dropOldestSet, isOldestSetDue } from '../state/set-history.ts';
import { DUE_EFFECTS_PER_BLOCK_MAX } from '../state/staking-limits.ts';
import { isUnbondingDue, payOldestUnbonding } from '../state/unbonding.ts';

type Moment = Pick<BlockEnvironment, 'height' | 'timeMs' | 'params'>;

/** Pays stake back, closes votes, forgets evidence and sets that are too old to matter; in this order. */
export function applyDueEffects(overlay: Overlay, block: Moment): void {
  const { height, timeMs, params } = block;
  const sinceMs = timeMs - params.evidenceAgeMs;
  let left = DUE_EFFECTS_PER_BLOCK_MAX;
  for (; left > 0 && isUnbondingDue(overlay, timeMs); left--) payOldestUnbonding(overlay);
  left -= expireVotes(overlay, timeMs, left);
  for (; left > 0 && isOldestEvidenceDue(overlay, sinceMs); left--) dropOldestEvidence(overlay);
  for (; left > 0 && isOldestSetDue(overlay, height, sinceMs); left--) dropOldestSet(overlay);
}

/** True if a block left effects over that were due at its time. */
function isEffectDue(state: StateReader, { height, timeMs, params }: Moment): boolean {
  const sinceMs = timeMs - params.evidenceAgeMs;
  return (
    isUnbondingDue(state, timeMs) ||
    isVoteDue(state, timeMs) ||
    isOldestEvidenceDue(state, sinceMs) ||
    isOldestSetDue(state, height, sinceMs)
  );
}

/**
 * True if the state after `parent` asks for another block: validators wait for activation, or the parent left due effects
 * over. Time that has passed since asks for nothing.
 */
export function hasPendingWork(
  state: StateReader,
  parent: { readonly height: number; readonly timeMs: number },
  genesis: ChainParams,
): boolean {
  if (readPending(state).length > 0) return true;
  return parent.height > 0 && isEffectDue(state, { ...parent, params: readParams(state, genesis) });
}
