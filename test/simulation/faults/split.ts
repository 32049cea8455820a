/** @module The network falls into two halves that do not hear each other. */
import type { LinkFaultKind } from '../network.ts';

export const split: LinkFaultKind = {
  name: 'split',
  begin({ random, nodes }) {
    const side = Array.from({ length: nodes }, () => random.chance(0.5));
    return (delivery, hit) => {
      if (side[delivery.from] === side[delivery.to]) return [delivery];
      hit();
      return [];
    };
  },
};
