/** @module Own proposals and votes: signed, remembered and sent in the same step. */
import { assert } from '../primitives/assert.ts';
import type { HashHex } from '../primitives/brand.ts';
import { precommitSignBytes, prevoteSignBytes, proposalSignBytes } from '../votes/vote.ts';
import type { SignedProposal, SignedVote, VoteType } from './message.ts';
import { OWN_VOTES_MAX } from './persistent-state.ts';
import type { Turn } from './turn.ts';
import { addVote, FUTURE_ROUNDS_MAX } from './vote-keeper.ts';

/** The highest round whose vote set is open. */
export function roundMax(turn: Turn): number {
  return turn.state.round + FUTURE_ROUNDS_MAX;
}

/**
 * Moves on to the step of the vote and casts it. Where the sign log refuses, the step is taken in silence: whatever
 * was signed before stands.
 */
export function castVote(
  turn: Turn,
  type: VoteType,
  blockHash: HashHex | null,
  polRound: number | null,
): void {
  const { state, context } = turn;
  const { height, round, self } = state;
  state.step = type;
  turn.persist();
  const content = { height, round, blockHash };
  const message =
    type === 'prevote'
      ? prevoteSignBytes(context.genesisHash, { ...content, polRound })
      : precommitSignBytes(context.genesisHash, content);
  const signature = turn.sign(type, message);
  if (signature === null || self === null) return;
  const vote: SignedVote = { type, ...content, polRound, validator: self, signature };
  state.ownVotes = [...state.ownVotes, vote].slice(-OWN_VOTES_MAX);
  state.votes = addVote(state.votes, vote, roundMax(turn)).keeper;
  turn.broadcast({ kind: 'votes', votes: [vote] });
}

/** Signs and sends the proposal of the current round. */
export function makeProposal(turn: Turn, blockHash: HashHex, polRound: number | null): void {
  const { state, context } = turn;
  const { height, round } = state;
  assert(state.ownProposal === null, 'a round has one proposal');
  const content = { height, round, blockHash, polRound };
  const signature = turn.sign('proposal', proposalSignBytes(context.genesisHash, content));
  if (signature === null) return;
  const proposal: SignedProposal = { ...content, signature };
  state.ownProposal = proposal;
  state.proposals = new Map(state.proposals).set(round, { proposal, receivedMs: turn.nowMs });
  turn.persist();
  turn.broadcast({ kind: 'proposal', proposal });
  turn.event({ name: 'proposal', height, round, hash: blockHash });
}
