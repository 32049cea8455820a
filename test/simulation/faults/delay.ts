/** @module Every message takes longer. */
import type { LinkFaultKind } from '../network.ts';

export const delay: LinkFaultKind = {
  name: 'delay',
  begin({ random }) {
    const extraMs = random.between(50, 1_500);
    return (delivery, hit) => {
      hit();
      return [{ ...delivery, delayMs: delivery.delayMs + random.below(extraMs) }];
    };
  },
};
