/** @module Messages are lost, each by chance. */
import type { LinkFaultKind } from '../network.ts';

export const drop: LinkFaultKind = {
  name: 'drop',
  begin({ random }) {
    const rate = 0.05 + 0.3 * random.next();
    return (delivery, hit) => {
      if (!random.chance(rate)) return [delivery];
      hit();
      return [];
    };
  },
};
