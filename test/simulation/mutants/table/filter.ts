/** @module Faults in what is taken from others. */
import { type Mutant, mutant, patch } from '../mutant.ts';

export const FILTER_MUTANTS: readonly Mutant[] = [
  mutant(
    'filter',
    'votes are not verified',
    patch(
      'receive.ts',
      'if (!isVoteSigned(turn, state.validators, vote)) {',
      'if (!isVoteSigned(turn, state.validators, vote) && state.height < 0) {',
    ),
  ),
  mutant(
    'filter',
    'proposals are not verified',
    patch(
      'receive.ts',
      'if (!context.verifier.verify(consensusKeyToBytes(key), message, signature)) {',
      'if (!context.verifier.verify(consensusKeyToBytes(key), message, signature) && round < 0) {',
    ),
  ),
  mutant(
    'filter',
    'polkas are not verified',
    patch(
      'receive.ts',
      'if (!isPolkaValid(certificate, state.validators, context.genesisHash, context.verifier)) {',
      'if (!isPolkaValid(certificate, state.validators, context.genesisHash, context.verifier) && round < 0) {',
    ),
  ),
  mutant(
    'filter',
    'commit certificates are not verified',
    patch(
      'receive.ts',
      'if (!isCommitValid(certificate, height, validators, context.genesisHash, context.verifier)) {',
      'if (!isCommitValid(certificate, height, validators, context.genesisHash, context.verifier) && height < 0) {',
    ),
  ),
  mutant(
    'filter',
    'votes of any height count',
    patch(
      'receive.ts',
      "if (height === state.height) return state.step !== 'decided';",
      "if (height <= state.height + 1) return state.step !== 'decided';",
    ),
  ),
  mutant(
    'filter',
    'a second vote replaces the first',
    patch(
      'vote-keeper.ts',
      'if (standing !== null && !sameContent(standing, vote)) return { keeper, conflict: standing, added: false };',
      'if (standing !== null && !sameContent(standing, vote)) return { keeper: { rounds: withVote(keeper, vote), latest: keeper.latest }, conflict: null, added: true };',
    ),
  ),
  mutant(
    'filter',
    'late precommits may be for another block',
    patch('receive.ts', 'vote.blockHash === commit.blockHash', 'vote.blockHash !== undefined'),
  ),
  mutant(
    'filter',
    'late precommits are not verified',
    patch(
      'receive.ts',
      'if (isVoteSigned(turn, state.lastCommit.validators, vote)) state.lastCommit = added;',
      'state.lastCommit = added;',
    ),
  ),
];
