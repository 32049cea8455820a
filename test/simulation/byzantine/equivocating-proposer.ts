/** @module Proposes one block to some and another to others, and votes for what each of them saw. */

import type { HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { MakeBehaviour } from '../behaviour.ts';
import { frameOf } from '../frame.ts';
import { messageOf, type otherBlock, otherProposal, otherVote, withVotes } from './forging.ts';
import { rebuilt } from './rebuilding.ts';

export const equivocatingProposer: MakeBehaviour = (random) => {
  const side = Array.from({ length: 64 }, () => random.chance(0.5));
  let honest: HashHex | null = null;
  let other: ReturnType<typeof otherBlock> | null = null;
  return {
    name: 'equivocating_proposer',
    forge: (node, executed) => {
      honest = executed.hash;
      other = rebuilt(node, executed, 1);
      node.blocks.keep(other);
      return executed;
    },
    outgoing: (node, to, frame) => {
      const second = other;
      if (side[to] !== true || second === null) return [frame];
      const message = messageOf(frame);
      if (message?.kind === 'proposal' && message.proposal.blockHash === honest) {
        const proposal = otherProposal(node, message.proposal, { blockHash: second.hash });
        const replaced = frameOf({ kind: 'proposal', proposal }, second.body);
        return random.chance(0.1) ? [frame, replaced] : [replaced];
      }
      return withVotes(node, frame, (vote) =>
        vote.blockHash === honest ? otherVote(node, vote, { blockHash: second.hash }) : vote,
      );
    },
  };
};
