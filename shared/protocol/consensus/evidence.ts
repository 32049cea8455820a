/** @module Turning a conflict that was seen into evidence, once per validator, round and step. */
import { makeEvidence, type SignedContent, type SignedStep } from '../votes/evidence.ts';
import type { Turn } from './turn.ts';

/** Reports that `validator` signed both contents. Both signatures must have been checked. */
export function reportConflict(
  turn: Turn,
  position: { readonly step: SignedStep; readonly round: number; readonly validator: number },
  one: SignedContent,
  other: SignedContent,
): void {
  const { state } = turn;
  const { step, round, validator } = position;
  const id = `${step}/${round}/${validator}`;
  if (state.reported.includes(id)) return;
  state.reported = [...state.reported, id];
  const where = { step, height: state.height, round, validator: turn.keyOf(validator) };
  turn.emit({ type: 'evidence', evidence: makeEvidence(where, one, other) });
}
