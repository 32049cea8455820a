/** @module Faults in who proposes: the weighted round robin, what a newcomer starts with, and the lottery. */
import { type Mutant, mutant, patch } from '../mutant.ts';

const TURNS = 'shared/protocol/validators/proposer-selection.ts';
const LOTTERY = 'shared/protocol/validators/stake-lottery.ts';

export const ELECTION_MUTANTS: readonly Mutant[] = [
  mutant(
    'election',
    'a turn costs nothing',
    patch(TURNS, 'priorities[elected] = highest - total;', 'priorities[elected] = highest + total * 0;'),
  ),
  mutant(
    'election',
    'a turn costs the own power only',
    patch(
      TURNS,
      'priorities[elected] = highest - total;',
      'priorities[elected] = highest - Math.min(total, powers[elected] ?? 0);',
    ),
  ),
  mutant(
    'election',
    'power does not count',
    patch(
      TURNS,
      '(priorities[index] ?? 0) + (powers[index] ?? 0)',
      '(priorities[index] ?? 0) + (powers[index] ?? 0) * 0 + total / powers.length',
    ),
  ),
  mutant(
    'election',
    'the last of equals has the turn',
    patch(TURNS, 'if (priority > highest) {', 'if (priority >= highest) {'),
  ),
  mutant(
    'election',
    'every round has the same proposer',
    patch(TURNS, 'return (round % TURNS_MAX) + 1;', 'return (round % 1) + 1;'),
  ),
  mutant(
    'election',
    'missed turns are not paid for',
    patch(
      'shared/protocol/execution/next-validators.ts',
      'advancePriorities(validators, turnsOf(round))',
      'advancePriorities(validators, turnsOf(round * 0))',
    ),
  ),
  mutant(
    'election',
    'a newcomer starts in front',
    patch(
      TURNS,
      'const newcomer = -(total + Math.floor(total / 8));',
      'const newcomer = total + Math.floor(total / 8);',
    ),
  ),
  mutant(
    'election',
    'the lottery draws once per height',
    patch(LOTTERY, '  view.setUint32(ROUND_AT, round);\n', '  view.setUint32(ROUND_AT, round * 0);\n'),
  ),
  mutant(
    'election',
    'everyone has one lot',
    patch(
      LOTTERY,
      'Math.ceil((LOTS * validator.power) / VOTING_POWER_TOTAL)',
      'Math.ceil(validator.power / VOTING_POWER_TOTAL / LOTS)',
    ),
  ),
  mutant(
    'election',
    'the farthest lot wins',
    patch(LOTTERY, 'distance >= nearest) continue;', 'distance <= nearest) continue;'),
  ),
];
