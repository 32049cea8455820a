/** @module Claims polkas that were never there, and sends those of other rounds in their place. */
import type { MakeBehaviour } from '../behaviour.ts';
import { frameOf } from '../frame.ts';
import { messageOf, otherProposal } from './forging.ts';

export const stalePolka: MakeBehaviour = (random) => ({
  name: 'stale_polka',
  outgoing: (node, _to, frame) => {
    const message = messageOf(frame);
    if (message?.kind === 'polka' && message.certificate.round > 0) {
      const round = random.below(message.certificate.round + 3);
      return [frameOf({ kind: 'polka', certificate: { ...message.certificate, round, polRound: null } })];
    }
    if (message?.kind !== 'proposal' || message.proposal.round === 0 || frame.kind !== 'consensus')
      return [frame];
    // The same lie to everyone, or it would be an equivocation.
    const proposal = otherProposal(node, message.proposal, { polRound: message.proposal.round - 1 });
    return [frameOf({ kind: 'proposal', proposal }, frame.body)];
  },
});
