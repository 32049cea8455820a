/** @module Talks to some nodes only, to others at each height. */
import type { MakeBehaviour } from '../behaviour.ts';

export const selectiveSend: MakeBehaviour = (random) => {
  const salt = random.below(1_000_000);
  return {
    name: 'selective_send',
    outgoing: (node, to, frame) => ((node.state.height * 31 + to * 17 + salt) % 5 < 3 ? [frame] : []),
  };
};
