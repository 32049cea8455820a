/** @module Faults in accusing: what becomes evidence, and which evidence a block may hold. */
import { type Mutant, mutant, patch } from '../mutant.ts';

const CHECK = 'shared/protocol/execution/check-evidence.ts';
const CLOCK = 'shared/protocol/state/clock.ts';
const EVIDENCE = 'shared/protocol/votes/evidence.ts';

export const EVIDENCE_MUTANTS: readonly Mutant[] = [
  mutant(
    'evidence',
    'evidence is reported for equal votes',
    patch(
      'vote-keeper.ts',
      'if (standing !== null && !sameContent(standing, vote)) return',
      'if (standing !== null) return',
    ),
    patch(EVIDENCE, "  assert(order !== 0, 'evidence is made of two different contents');\n", ''),
  ),
  mutant(
    'evidence',
    'evidence accuses the next validator',
    patch(
      'evidence.ts',
      'validator: turn.keyOf(validator) };',
      'validator: turn.keyOf((validator + 1) % state.validators.length) };',
    ),
  ),
  mutant(
    'evidence',
    'conflicts are not reported',
    patch(
      'evidence.ts',
      '  if (state.reported.includes(id)) return;\n',
      '  if (state.reported.length >= 0) return;\n',
    ),
  ),
  mutant(
    'evidence',
    'the signatures of evidence are not verified',
    patch(CHECK, '  checkEvidenceTruth(evidence, check.genesisHash, check.verifier);\n', ''),
  ),
  mutant(
    'evidence',
    'one signature is enough to accuse',
    patch(EVIDENCE, '[evidence.first, evidence.second].every(', '[evidence.first, evidence.second].some('),
  ),
  mutant(
    'evidence',
    'two equal contents are a conflict',
    patch(
      EVIDENCE,
      'compareContents(evidence.first, evidence.second) >= 0',
      'compareContents(evidence.first, evidence.second) > 0',
    ),
  ),
  mutant(
    'evidence',
    'evidence never grows old',
    patch(CHECK, 'block.timeMs - block.params.evidenceAgeMs', 'block.timeMs - block.timeMs'),
    // The clock forgets what is too old, so that the check alone hardly matters.
    patch(
      CLOCK,
      'sample.timeMs >= timeMs - params.evidenceAgeMs',
      'sample.timeMs >= params.evidenceAgeMs - timeMs',
    ),
  ),
  mutant(
    'evidence',
    'evidence is too old at once',
    patch(CHECK, 'block.timeMs - block.params.evidenceAgeMs', 'block.timeMs'),
  ),
  mutant(
    'evidence',
    'strangers can be accused',
    patch(CHECK, '!members.some(({ consensusKey }) => consensusKey === validator)', 'members.length === 0'),
  ),
  mutant(
    'evidence',
    'evidence may be of heights to come',
    patch(CHECK, 'if (height < 1 || height > block.height) {', 'if (height < 1) {'),
  ),
  mutant(
    'evidence',
    'an offence counts again and again',
    patch(
      CHECK,
      '  checkNews(state, block, evidence);\n',
      '  checkNews(state, { ...block, height: evidence.height }, { ...evidence, validator: members[0]?.consensusKey ?? validator });\n',
    ),
  ),
];
