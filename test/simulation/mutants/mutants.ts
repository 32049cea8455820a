/** @module All faults that are seeded into the source, each under its own name. */
import type { Mutant } from './mutant.ts';
import { ELECTION_MUTANTS } from './table/elections.ts';
import { EVIDENCE_MUTANTS } from './table/evidence.ts';
import { FILTER_MUTANTS } from './table/filter.ts';
import { PERSISTENCE_MUTANTS } from './table/persistence.ts';
import { QUORUM_MUTANTS } from './table/quorums.ts';
import { ROUND_MUTANTS } from './table/rounds.ts';
import { RULE_MUTANTS } from './table/rules.ts';
import { SIGNING_MUTANTS } from './table/signing.ts';

export const MUTANTS: readonly Mutant[] = [
  ...QUORUM_MUTANTS,
  ...FILTER_MUTANTS,
  ...RULE_MUTANTS,
  ...ROUND_MUTANTS,
  ...PERSISTENCE_MUTANTS,
  ...SIGNING_MUTANTS,
  ...ELECTION_MUTANTS,
  ...EVIDENCE_MUTANTS,
];
