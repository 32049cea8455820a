/** @module A drill of one part on random input, outside of the simulation: a broken invariant ends it. */

import { Random } from '../../random.ts';
import { Violation } from '../../violation.ts';
import { ALL_HELD, EXCEPTION, type Ground } from '../ground.ts';

/** The drill as a ground. */
export function drill(run: (random: Random) => void): Ground {
  return (seed) => {
    try {
      run(new Random(seed, 50));
      return ALL_HELD;
    } catch (error) {
      if (error instanceof Violation) return { invariant: error.invariant, detail: error.message };
      return { invariant: EXCEPTION, detail: String(error) };
    }
  };
}
