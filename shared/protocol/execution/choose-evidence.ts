/** @module Which evidence goes into a block: in the order given, as far as it holds and there is room. */
import type { Verifier } from '../crypto/verifier.ts';
import { EVIDENCE_BYTES_MAX, EVIDENCE_ITEMS_MAX } from '../primitives/limits.ts';
import { EvidenceError } from '../votes/evidence-error.ts';
import type { BlockExecution } from './apply-block.ts';
import type { RejectedEvidence } from './executed-block.ts';

export interface ChosenEvidence {
  readonly items: readonly Uint8Array[];
  readonly rejected: readonly RejectedEvidence[];
}

/** Applies items one after the other. Those of the first `EVIDENCE_ITEMS_MAX` good ones that fit are chosen. */
export function chooseEvidence(
  execution: BlockExecution,
  candidates: Iterable<Uint8Array>,
  verifier: Verifier,
): ChosenEvidence {
  const items: Uint8Array[] = [];
  const rejected: RejectedEvidence[] = [];
  let room = EVIDENCE_BYTES_MAX;
  for (const bytes of candidates) {
    if (items.length >= EVIDENCE_ITEMS_MAX) break;
    if (bytes.length > room) {
      rejected.push({ bytes, code: 'EVIDENCE_NO_ROOM' });
      continue;
    }
    try {
      execution.addEvidence(bytes, verifier);
      items.push(bytes);
      room -= bytes.length;
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      rejected.push({ bytes, code: error.code });
    }
  }
  return { items, rejected };
}
