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

export interface Hunt {
  /** Tried in their order. */
  readonly places: readonly Place[];
  /** After them, every ground on the seeds from 1 to this one. */
  readonly seeds: number;
}

function look({ ground, seed }: Place): Catch | null {
  const { invariant, detail } = GROUNDS[ground](seed);
  if (invariant === null || invariant === EXCEPTION) return null;
  return { ground, seed, invariant, detail: detail.slice(0, 200) };
}

function* placesOf({ places, seeds }: Hunt): Generator<Place> {
  yield* places;
  const grounds = Object.keys(GROUNDS) as GroundName[];
  for (let seed = 1; seed <= seeds; seed++) for (const ground of grounds) yield { ground, seed };
}

let caught: Catch | null = null;
for (const place of placesOf(JSON.parse(process.argv[2] ?? '{}') as Hunt)) {
  caught = look(place);
  if (caught !== null) break;
}
console.log(JSON.stringify(caught));
