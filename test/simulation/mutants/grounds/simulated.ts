/** @module Short simulated runs, each of a kind in which certain faults show soon. */
import type { MakeBehaviour } from '../../behaviour.ts';
import { equivocatingVoter } from '../../byzantine/equivocating-voter.ts';
import { forgedCertificate } from '../../byzantine/forged-certificate.ts';
import { stalePolka } from '../../byzantine/stale-polka.ts';
import { runScenario, runSeed, type SeedOutcome } from '../../run-seed.ts';
import { calmScenario, scenarioOf, twinScenario } from '../../scenario.ts';
import type { Finding, Ground } from '../ground.ts';

const HEIGHTS = 12;
/** Twins on shifting partitions lock on different blocks often. */
const TWIN_HEIGHTS = 5;

function findingOf({ violation, detail }: SeedOutcome): Finding {
  return { invariant: violation, detail };
}

/** Four validators in storms, one of them byzantine in this way in every seed. */
function against(behaviour: MakeBehaviour): Ground {
  return (seed) => {
    const scenario = scenarioOf(seed, HEIGHTS, { nodes: 4 });
    const byzantine = new Map([[seed % 4, behaviour]]);
    return findingOf(runScenario({ ...scenario, byzantine, changes: 'none', candidates: 0 }));
  };
}

export const calm: Ground = (seed) => findingOf(runScenario(calmScenario(seed, HEIGHTS)));
export const storm: Ground = (seed) => findingOf(runSeed(seed, HEIGHTS, { nodes: 4 }));
export const twins: Ground = (seed) => findingOf(runScenario(twinScenario(seed, TWIN_HEIGHTS)));
/** Old blocks over old polkas: rule L28 is at work. */
export const stalePolkas = against(stalePolka);
export const forgedCertificates = against(forgedCertificate);
export const equivocation = against(equivocatingVoter);
/** Sizes as they come, and enough heights for who is to be found out. */
export const anySize: Ground = (seed) => findingOf(runSeed(seed, 20));
