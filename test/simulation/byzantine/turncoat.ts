/**
 * @module Leaves its locks and takes the precommits of others for votes against every block: it helps one block to its
 * quorum, and another one after it. With less than a third of the power that is in vain.
 */
import type { ConsensusState } from '../../../shared/protocol/consensus/state.ts';
import type { VoteRow } from '../../../shared/protocol/consensus/vote-keeper.ts';
import type { MakeBehaviour } from '../behaviour.ts';

export const turncoat: MakeBehaviour = () => ({
  name: 'turncoat',
  tamper: (_node, state) => ({ ...state, locked: null, valid: null, votes: disbelieved(state) }),
});

function disbelieved({ votes, self }: ConsensusState): ConsensusState['votes'] {
  const own = (row: VoteRow) =>
    row.map((vote) => (vote === null || vote.validator === self ? vote : { ...vote, blockHash: null }));
  const rounds = [...votes.rounds].map(
    ([round, { prevote, precommit }]) => [round, { prevote, precommit: own(precommit) }] as const,
  );
  return { ...votes, rounds: new Map(rounds) };
}
