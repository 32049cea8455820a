/** @module Every node hears only its two neighbours. */
import type { LinkFaultKind } from '../network.ts';

export const ringPartition: LinkFaultKind = {
  name: 'ring_partition',
  begin({ random, nodes }) {
    const place = random.sample([...Array(nodes).keys()], nodes);
    return (delivery, hit) => {
      const distance = Math.abs(place.indexOf(delivery.from) - place.indexOf(delivery.to));
      if (distance === 1 || distance === nodes - 1) return [delivery];
      hit();
      return [];
    };
  },
};
