/** @module A fault seeded into the source: text that occurs once in its file, and what stands in its place. */
import type { Rule } from '../../../shared/protocol/consensus/turn.ts';

export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What a mutant breaks: a rule by its line, or what stands around the rules. */
export type Target =
  | Rule
  | 'quorum'
  | 'filter'
  | 'lock'
  | 'round'
  | 'record'
  | 'signature'
  | 'sign log'
  | 'repetition'
  | 'election'
  | 'evidence';

export interface Mutant {
  readonly name: string;
  readonly target: Target;
  /** More than one where a second check stands behind the first. */
  readonly patches: readonly Patch[];
}

const CONSENSUS = 'shared/protocol/consensus';

/** A change of a file; of the machine unless a folder is named. */
export function patch(file: string, find: string, replace: string): Patch {
  return { file: file.includes('/') ? file : `${CONSENSUS}/${file}`, find, replace };
}

export function mutant(target: Target, name: string, ...patches: Patch[]): Mutant {
  return { name, target, patches };
}
