/** @module A message ends early. */
import type { LinkFaultKind } from '../network.ts';
import { damaged } from './damage.ts';

export const truncate: LinkFaultKind = {
  name: 'truncate',
  begin({ random }) {
    const rate = 0.02 + 0.1 * random.next();
    return (delivery, hit) => {
      if (!random.chance(rate)) return [delivery];
      const frame = damaged(delivery.frame, (bytes) => bytes.slice(0, random.below(bytes.length)));
      if (frame === null) return [delivery];
      hit();
      return [{ ...delivery, frame }];
    };
  },
};
