/** @module One node sends into sockets that are long dead, and hears everything. */
import type { LinkFaultKind } from '../network.ts';

export const halfOpen: LinkFaultKind = {
  name: 'half_open',
  begin({ random, nodes }) {
    const mute = random.below(nodes);
    return (delivery, hit) => {
      if (delivery.from !== mute) return [delivery];
      hit();
      return [];
    };
  },
};
