/** @module Proposes blocks of earlier rounds again, over polkas that are too old or were never there. */
import type { HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { MakeBehaviour } from '../behaviour.ts';
import { frameOf } from '../frame.ts';
import { messageOf, otherProposal } from './forging.ts';

export const stalePolka: MakeBehaviour = (random) => {
  let height = 0;
  /** By round, at this height. */
  const proposed = new Map<number, HashHex>();
  return {
    name: 'stale_polka',
    afterTurn: (node) => {
      if (node.state.height !== height) proposed.clear();
      height = node.state.height;
      for (const [round, { proposal }] of node.state.proposals) proposed.set(round, proposal.blockHash);
    },
    outgoing: (node, _to, frame) => {
      const message = messageOf(frame);
      if (message?.kind === 'polka' && message.certificate.round > 0 && random.chance(0.5)) {
        const round = random.below(message.certificate.round + 3);
        return [
          frame,
          frameOf({ kind: 'polka', certificate: { ...message.certificate, round, polRound: null } }),
        ];
      }
      if (message?.kind !== 'proposal' || message.proposal.height !== height) return [frame];
      const { round } = message.proposal;
      if (round === 0) return [frame];
      // The same lie to everyone, or it would be an equivocation.
      const [oldest] = [...proposed]
        .filter(([known]) => known < round)
        .sort(([left], [right]) => left - right);
      const known = [...node.state.polkas.values()].sort((left, right) => left.round - right.round)[0];
      const blockHash = known?.blockHash ?? oldest?.[1] ?? message.proposal.blockHash;
      const polRound = known !== undefined && known.round < round ? known.round : round - 1;
      const proposal = otherProposal(node, message.proposal, { blockHash, polRound });
      return [frameOf({ kind: 'proposal', proposal }, node.blocks.body(blockHash))];
    },
  };
};
