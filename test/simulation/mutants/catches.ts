/** @module Where each mutant was caught the last time it was recorded: the ground, the seed and the invariant. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Catch, Place } from './hunt.ts';
import type { Mutant } from './mutant.ts';

const PATH = fileURLToPath(import.meta.resolve('./catches.json'));

type Entry = Place & Pick<Catch, 'invariant'>;

export class Catches {
  readonly #known: Map<string, Entry>;
  /** Of this run. */
  readonly #found = new Map<string, Entry>();

  constructor() {
    this.#known = new Map(Object.entries(JSON.parse(readFileSync(PATH, 'utf8')) as Record<string, Entry>));
  }

  of(name: string): Entry | null {
    return this.#known.get(name) ?? null;
  }

  note(name: string, { ground, seed, invariant }: Catch): void {
    this.#found.set(name, { ground, seed, invariant });
  }

  /** All places where these mutants were caught in this run, each once. */
  places(mutants: readonly Mutant[]): Place[] {
    const found = mutants.map(({ name }) => this.#found.get(name)).filter((entry) => entry !== undefined);
    const unique = new Map(found.map(({ ground, seed }) => [`${ground} ${seed}`, { ground, seed }]));
    return [...unique.values()];
  }

  /** Keeps what this run found; what it did not look for stays. */
  write(): void {
    const all = [...new Map([...this.#known, ...this.#found])].sort(([left], [right]) =>
      left < right ? -1 : 1,
    );
    writeFileSync(PATH, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
  }
}
