/** @module Proposes blocks and does not show them. */
import type { MakeBehaviour } from '../behaviour.ts';

export const withheldBody: MakeBehaviour = (random) => {
  const rate = random.pick([0.5, 1]);
  return {
    name: 'withheld_body',
    outgoing: (_node, _to, frame) => {
      if (frame.kind === 'block') return [];
      if (frame.kind !== 'consensus' || frame.body === null || !random.chance(rate)) return [frame];
      return [{ ...frame, body: null }];
    },
  };
};
