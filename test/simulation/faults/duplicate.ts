/** @module Messages arrive twice. */
import type { LinkFaultKind } from '../network.ts';

export const duplicate: LinkFaultKind = {
  name: 'duplicate',
  begin({ random }) {
    const rate = 0.1 + 0.4 * random.next();
    return (delivery, hit) => {
      if (!random.chance(rate)) return [delivery];
      hit();
      return [delivery, { ...delivery, delayMs: delivery.delayMs + random.below(300) }];
    };
  },
};
