/** @module Votes for no block, whatever is proposed. */
import type { MakeBehaviour } from '../behaviour.ts';
import { otherVote, withVotes } from './forging.ts';

export const nilOnly: MakeBehaviour = () => ({
  name: 'nil_only',
  outgoing: (node, _to, frame) =>
    withVotes(node, frame, (vote) => otherVote(node, vote, { blockHash: null, polRound: null })),
});
