/** @module Where mutants are hunted: something that runs the code on a seed and says which invariant broke. */

export interface Finding {
  /** Name of the broken invariant; null when all held. */
  readonly invariant: string | null;
  readonly detail: string;
}

export const ALL_HELD: Finding = { invariant: null, detail: '' };

/** An exception of the code under test. It tells of a fault, but names no invariant, so it catches no mutant. */
export const EXCEPTION = 'crash';

/** The same seed gives the same finding. */
export type Ground = (seed: number) => Finding;
