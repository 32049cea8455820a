/** @module One byte of a message is another. */
import type { LinkFaultKind } from '../network.ts';
import { damaged } from './damage.ts';

export const corruptByte: LinkFaultKind = {
  name: 'corrupt_byte',
  begin({ random }) {
    const rate = 0.02 + 0.1 * random.next();
    return (delivery, hit) => {
      if (!random.chance(rate)) return [delivery];
      const frame = damaged(delivery.frame, (bytes) => {
        const changed = bytes.slice();
        const index = random.below(bytes.length);
        changed[index] = (changed[index] ?? 0) ^ (1 << random.below(8));
        return changed;
      });
      if (frame === null) return [delivery];
      hit();
      return [{ ...delivery, frame }];
    };
  },
};
