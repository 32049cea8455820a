/** @module Some messages are held back, so that later ones overtake them. */
import type { LinkFaultKind } from '../network.ts';

export const reorder: LinkFaultKind = {
  name: 'reorder',
  begin({ random }) {
    const rate = 0.1 + 0.4 * random.next();
    return (delivery, hit) => {
      if (!random.chance(rate)) return [delivery];
      hit();
      return [{ ...delivery, delayMs: delivery.delayMs + random.between(20, 400) }];
    };
  },
};
