/** @module Votes one way to some and another way to others, and now and then both ways to one. */
import type { MakeBehaviour } from '../behaviour.ts';
import { otherVote, randomHash, withVotes } from './forging.ts';

export const equivocatingVoter: MakeBehaviour = (random) => {
  const parity = random.below(2);
  return {
    name: 'equivocating_voter',
    outgoing: (node, to, frame) => {
      if (to % 2 !== parity) return [frame];
      const blockHash = random.chance(0.7) ? null : randomHash(random);
      const other = withVotes(node, frame, (vote) => otherVote(node, vote, { blockHash, polRound: null }));
      return random.chance(0.2) ? [frame, ...other] : other;
    },
  };
};
