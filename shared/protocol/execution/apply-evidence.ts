/** @module First part of a block: evidence, each item once, and what it costs. */
import type { BlockEnvironment } from '../state/block-environment.ts';
import { recordEvidence } from '../state/evidence-records.ts';
import type { Overlay } from '../state/overlay.ts';
import { canSpare, entomb } from '../state/penalties.ts';
import type { Evidence } from '../votes/evidence.ts';
import type { Incident } from './incident.ts';

/**
 * Records an offence that was checked. It slashes and tombstones unless the set is fixed or nobody would be left: then it
 * is only recorded.
 */
export function applyEvidence(overlay: Overlay, block: BlockEnvironment, evidence: Evidence): Incident {
  const { step, height, round, validator } = evidence;
  const outcome = canSpare(overlay, block, validator) ? 'punished' : 'recorded';
  const burned = outcome === 'punished' ? entomb(overlay, block, validator, height) : 0n;
  const included = { includedHeight: block.height, includedMs: block.timeMs };
  recordEvidence(overlay, { step, height, round, validator, ...included, outcome, burned });
  return { kind: 'evidence', validator, outcome, burned };
}
