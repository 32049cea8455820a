/**
 * @module Signatures of the own key that others show. One above the mark was not made by this storage: the key signs, or
 * has signed, somewhere else.
 */

import type { SignedVote } from '../../../shared/protocol/consensus/message.ts';
import { proposerKey } from '../../../shared/protocol/consensus/proposal.ts';
import { comparePositions, type SignPosition } from '../../../shared/protocol/consensus/signer.ts';
import type { ConsensusState } from '../../../shared/protocol/consensus/state.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import type { VotingPower } from '../../../shared/protocol/validators/voting-power.ts';
import type { CommitCertificate } from '../../../shared/protocol/votes/commit-certificate.ts';

/** The precommit of the key in a certificate of a height that `members` decided; null when it is not there. */
export function inCertificate(
  key: ConsensusKey,
  members: readonly VotingPower[],
  certificate: CommitCertificate,
): SignPosition | null {
  const index = members.findIndex(({ consensusKey }) => consensusKey === key);
  if (index < 0 || ((certificate.bitmap[index >> 3] ?? 0) & (0x80 >> (index & 7))) === 0) return null;
  return { height: certificate.height, round: certificate.round, step: 'precommit' };
}

/**
 * The highest own message of the open height that this node does not know to have signed itself; its signature has been
 * checked. Null for none.
 */
export function highestInOpenHeight(key: ConsensusKey, state: ConsensusState): SignPosition | null {
  const { height, self, votes, proposals, ownProposal, ownVotes } = state;
  if (self === null) return null;
  const isStrange = (vote: SignedVote | null | undefined): vote is SignedVote =>
    vote !== null && vote !== undefined && !ownVotes.includes(vote);
  let highest: SignPosition | null = null;
  const consider = (round: number, step: SignPosition['step']): void => {
    const position = { height, round, step };
    if (highest === null || comparePositions(position, highest) > 0) highest = position;
  };
  const own = [votes.latest[self]];
  for (const { prevote, precommit } of votes.rounds.values()) own.push(precommit[self], prevote[self]);
  for (const vote of own) if (isStrange(vote)) consider(vote.round, vote.type);
  for (const round of proposals.keys()) {
    if (ownProposal?.round !== round && proposerKey(state, round) === key) consider(round, 'proposal');
  }
  return highest;
}
