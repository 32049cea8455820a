/** @module The way from a trusted header to a far one: as few light blocks as carry the trust over every change of the set. */
import type { Verifier } from '../crypto/verifier.ts';
import type { LightBlock } from './light-block.ts';
import { LightClientError } from './light-client-error.ts';
import { type TrustedHeader, trust, trustIfSigned } from './trusted-header.ts';

/** Light blocks of one trail: each stands for a set that shares less than a third with the one before. */
export const TRAIL_MAX = 256;

/** Walks the whole trail. Throws LightClientError. */
export function followTrail(
  from: TrustedHeader,
  trail: readonly LightBlock[],
  verifier: Verifier,
): TrustedHeader {
  return trail.reduce((trusted, next) => trust(trusted, next, verifier), from);
}

/**
 * The trail to `target`, which is its last. `candidates` are true light blocks, ascending by height, one at least for
 * each set: the last block of that set serves. Each step goes as far as trust reaches. Null where the candidates do not
 * carry it, or not within `TRAIL_MAX`.
 */
export function chooseTrail(
  from: TrustedHeader,
  candidates: readonly LightBlock[],
  target: LightBlock,
): LightBlock[] | null {
  const steps = [...candidates.filter(({ header }) => header.height < target.header.height), target];
  const trail: LightBlock[] = [];
  for (let trusted = from; trail.length < TRAIL_MAX; ) {
    const reached = steps.findLast((step) => reaches(trusted, step));
    if (reached === undefined) return null;
    trail.push(reached);
    if (reached === target) return trail;
    trusted = trustIfSigned(trusted, reached);
  }
  return null;
}

function reaches(trusted: TrustedHeader, step: LightBlock): boolean {
  if (step.header.height <= trusted.height) return false;
  try {
    trustIfSigned(trusted, step);
    return true;
  } catch (error) {
    if (error instanceof LightClientError) return false;
    throw error;
  }
}
