/** @module Faults at the boundary of what survives a crash, and in the votes that are signed. */
import { type Mutant, mutant, patch } from '../mutant.ts';

const READ_BACK =
  'Object.assign(state, { round, step, locked, valid, ownVotes: votes, ownProposal: proposal });';

export const PERSISTENCE_MUTANTS: readonly Mutant[] = [
  mutant(
    'record',
    'the record is not written',
    patch('turn.ts', '    this.#mustPersist = true;\n', '    this.#mustPersist = false;\n'),
  ),
  mutant(
    'record',
    'locks are not in the record',
    patch('turn.ts', '    step,\n    locked,\n', '    step,\n    locked: null,\n'),
  ),
  mutant(
    'record',
    'valid blocks are not in the record',
    patch('turn.ts', '    locked,\n    valid,\n', '    locked,\n    valid: null,\n'),
  ),
  mutant(
    'record',
    'own proposals are not in the record',
    patch(
      'turn.ts',
      '    proposal: ownProposal,\n',
      '    proposal: ownProposal === null ? ownProposal : null,\n',
    ),
  ),
  mutant(
    'record',
    'own votes are not in the record',
    patch('turn.ts', '    votes: ownVotes,\n', '    votes: ownVotes.slice(0, 0),\n'),
  ),
  mutant(
    'record',
    'locks are not read back',
    patch('heights.ts', READ_BACK, READ_BACK.replace('locked,', 'locked: locked === null ? null : null,')),
  ),
  mutant(
    'record',
    'the step is not read back',
    patch('heights.ts', READ_BACK, READ_BACK.replace('step,', "step: step === 'idle' ? step : 'propose',")),
  ),
  mutant(
    'signature',
    'precommits are signed for the round above',
    patch(
      'voting.ts',
      ': precommitSignBytes(context.genesisHash, content);',
      ': precommitSignBytes(context.genesisHash, { ...content, round: round + 1 });',
    ),
  ),
  mutant(
    'signature',
    'prevotes are signed without their pol_round',
    patch(
      'voting.ts',
      'prevoteSignBytes(context.genesisHash, { ...content, polRound })',
      'prevoteSignBytes(context.genesisHash, { ...content, polRound: polRound === null ? polRound : null })',
    ),
  ),
  mutant(
    'signature',
    'own votes are not counted',
    patch(
      'voting.ts',
      '  state.votes = addVote(state.votes, vote, roundMax(turn)).keeper;\n',
      '  addVote(state.votes, vote, roundMax(turn));\n',
    ),
  ),
];
