/** @module Some links stand still until the storm is over; what they hold then comes at once. */
import type { LinkFaultKind } from '../network.ts';

export const clog: LinkFaultKind = {
  name: 'clog',
  begin({ random, nodes, nowMs, endMs }) {
    const clogged = new Set<number>();
    for (let link = 0; link < nodes * nodes; link++) if (random.chance(0.3)) clogged.add(link);
    const lengthMs = endMs - nowMs;
    return (delivery, hit) => {
      if (!clogged.has(delivery.from * nodes + delivery.to)) return [delivery];
      hit();
      return [{ ...delivery, delayMs: delivery.delayMs + random.below(lengthMs) }];
    };
  },
};
