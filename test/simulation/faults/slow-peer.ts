/** @module One node answers slowly. */
import type { LinkFaultKind } from '../network.ts';

export const slowPeer: LinkFaultKind = {
  name: 'slow_peer',
  begin({ random, nodes }) {
    const slow = random.below(nodes);
    const extraMs = random.between(200, 2_000);
    return (delivery, hit) => {
      if (delivery.from !== slow) return [delivery];
      hit();
      return [{ ...delivery, delayMs: delivery.delayMs + extraMs }];
    };
  },
};
