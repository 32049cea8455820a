/** @module Votes in the name of others, under its own signature. */
import type { MakeBehaviour } from '../behaviour.ts';
import { frameOf } from '../frame.ts';
import { messageOf } from './forging.ts';

export const impersonator: MakeBehaviour = (random) => ({
  name: 'impersonator',
  outgoing: (node, _to, frame) => {
    const message = messageOf(frame);
    if (message?.kind !== 'votes') return [frame];
    const votes = message.votes.map((vote) => ({
      ...vote,
      validator: random.below(node.state.validators.length + 1),
    }));
    return [frame, frameOf({ kind: 'votes', votes })];
  },
});
