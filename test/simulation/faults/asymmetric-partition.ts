/** @module Some links carry messages in one direction only. */
import type { LinkFaultKind } from '../network.ts';

export const asymmetricPartition: LinkFaultKind = {
  name: 'asymmetric_partition',
  begin({ random, nodes }) {
    const cut = new Set<number>();
    for (let link = 0; link < nodes * nodes; link++) if (random.chance(0.3)) cut.add(link);
    return (delivery, hit) => {
      if (!cut.has(delivery.from * nodes + delivery.to)) return [delivery];
      hit();
      return [];
    };
  },
};
