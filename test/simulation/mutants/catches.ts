/** @module Where each mutant is caught: the ground, the seed and the invariant, as the last hunt has found it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Catch, Place } from './hunt.ts';
import type { Mutant } from './mutant.ts';

const PATH = fileURLToPath(import.meta.resolve('./catches.json'));

export type Entry = Place & Pick<Catch, 'invariant'>;

/** What `catches.json` says, by name of the mutant. */
export function readCatches(): ReadonlyMap<string, Entry> {
  return new Map(Object.entries(JSON.parse(readFileSync(PATH, 'utf8')) as Record<string, Entry>));
}

/** Writes what these mutants have; entries of others go. */
export function writeCatches(mutants: readonly Mutant[], catches: ReadonlyMap<string, Entry>): void {
  const rows = mutants.flatMap(({ name }) => {
    const entry = catches.get(name);
    return entry === undefined ? [] : [[name, entry] as const];
  });
  rows.sort(([left], [right]) => (left < right ? -1 : 1));
  writeFileSync(PATH, `${JSON.stringify(Object.fromEntries(rows), null, 2)}\n`);
}
