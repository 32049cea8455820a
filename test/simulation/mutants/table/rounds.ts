/** @module Faults around the rules: opening heights and rounds, waking, repetition and exchange. */
import { type Mutant, mutant, patch } from '../mutant.ts';

export const ROUND_MUTANTS: readonly Mutant[] = [
  mutant(
    'lock',
    'locks end with their round',
    patch('rounds.ts', '  state.round = round;\n', '  state.round = round;\n  state.locked = null;\n'),
  ),
  mutant(
    'lock',
    'locks outlive their height',
    patch('heights.ts', '    locked: null,\n', '    locked: before?.locked ?? null,\n'),
  ),
  mutant(
    'round',
    'a valid block is not proposed again',
    patch(
      'rounds.ts',
      '  if (state.valid !== null) {\n    const polka',
      '  if (state.valid !== null && state.round < 0) {\n    const polka',
    ),
  ),
  mutant(
    'round',
    'a repeated block names no polka',
    patch(
      'rounds.ts',
      'makeProposal(turn, state.valid.hash, state.valid.round);',
      'makeProposal(turn, state.valid.hash, null);',
    ),
  ),
  mutant(
    'round',
    'one vote wakes an idle chain',
    patch(
      'rounds.ts',
      'isCertified || hasThird(power, totalPower(state.validators));',
      'isCertified || (power > 0 && hasThird(power, power) && totalPower(state.validators) > 0);',
    ),
  ),
  mutant(
    'round',
    'work does not open a height',
    patch('rounds.ts', '  else startRound(turn, 0);\n', '  else turn.persist();\n'),
  ),
  mutant(
    'repetition',
    'nothing is repeated',
    patch('peer-state.ts', '  } else repeatOwn(turn);\n', '  } else if (state.round < 0) repeatOwn(turn);\n'),
  ),
  mutant(
    'repetition',
    'a node repeats its transactions to itself',
    patch(
      'peer-state.ts',
      'index !== state.self && state.votes.latest[index] === null,',
      'index !== -1 && state.votes.latest[index] === null,',
    ),
  ),
  mutant(
    'repetition',
    'nobody asks who may lag',
    patch('peer-state.ts', '    if (!askLaggards(turn)) return;\n', '    return;\n'),
  ),
  mutant(
    'repetition',
    'who is behind is sent nothing',
    patch('peer-state.ts', "    turn.emit({ type: 'send_decided', peer, height: theirs.height });\n", ''),
  ),
];
