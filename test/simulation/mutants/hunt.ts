/**
 * @module One process with one mutant, or with none: runs grounds on seeds until a named invariant breaks. Prints one line
 * of JSON, a `Catch` or null. Argument: a `Hunt`.
 */
import { EXCEPTION } from './ground.ts';
import { GROUNDS, type GroundName } from './grounds.ts';

export interface Place {
  readonly ground: GroundName;
  readonly seed: number;
}

export interface Catch extends Place {
  readonly invariant: string;
  readonly detail: string;
}

/** Places to look at, in their order. */
export type Hunt = readonly Place[];

/** An exception catches no mutant, but the source without one must not throw either. */
function look({ ground, seed }: Place): Catch | null {
  const { invariant, detail } = GROUNDS[ground](seed);
  if (invariant === null || (invariant === EXCEPTION && process.env.MUTANT !== undefined)) return null;
  return { ground, seed, invariant, detail: detail.slice(0, 200) };
}

let caught: Catch | null = null;
for (const place of JSON.parse(process.argv[2] ?? '[]') as Hunt) {
  caught = look(place);
  if (caught !== null) break;
}
console.log(JSON.stringify(caught));
