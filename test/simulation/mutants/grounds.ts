/** @module The grounds by name, in the order in which a mutant is looked for: what is quick comes first. */
import type { Ground } from './ground.ts';
import { elections } from './grounds/elections.ts';
import { evidence } from './grounds/evidence.ts';
import { guard } from './grounds/guard.ts';
import { lessons } from './grounds/lessons.ts';
import { machine } from './grounds/machine.ts';
import { manifests } from './grounds/manifests.ts';
import { signLog } from './grounds/sign-log.ts';
import {
  anySize,
  calm,
  equivocation,
  forgedCertificates,
  stalePolkas,
  storm,
  twins,
} from './grounds/simulated.ts';

export const GROUNDS = {
  'sign log': signLog,
  guard,
  elections,
  evidence,
  lessons,
  manifests,
  machine,
  calm,
  storm,
  'stale polkas': stalePolkas,
  'forged certificates': forgedCertificates,
  equivocation,
  twins,
  'any size': anySize,
} satisfies Record<string, Ground>;
export type GroundName = keyof typeof GROUNDS;
