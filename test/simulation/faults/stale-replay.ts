/** @module Old messages come again, from heights and rounds long past. */
import type { Delivery, LinkFaultKind } from '../network.ts';

/** Messages that may come again. */
const KEPT = 64;

export const staleReplay: LinkFaultKind = {
  name: 'stale_replay',
  begin({ random }) {
    const rate = 0.05 + 0.2 * random.next();
    const kept: Delivery[] = [];
    return (delivery, hit) => {
      if (kept.length < KEPT) kept.push(delivery);
      else kept[random.below(KEPT)] = delivery;
      const old = random.pick(kept);
      // A link is between two: nobody hears its own words from itself.
      if (!random.chance(rate) || old.from === delivery.to) return [delivery];
      hit();
      return [delivery, { ...old, to: delivery.to, delayMs: delivery.delayMs + random.below(2_000) }];
    };
  },
};
