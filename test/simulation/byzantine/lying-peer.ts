/** @module Lies about what it has and how far it is, so that others send in vain or ask for what is not there. */
import type { MakeBehaviour } from '../behaviour.ts';
import { frameOf } from '../frame.ts';
import { messageOf } from './forging.ts';

export const lyingPeer: MakeBehaviour = (random) => ({
  name: 'lying_peer',
  outgoing: (_node, _to, frame) => {
    if (frame.kind === 'decided')
      return [
        { ...frame, blocks: frame.blocks.map(({ body }) => ({ body, certificate: body.slice(0, 80) })) },
      ];
    const message = messageOf(frame);
    if (message?.kind !== 'peer_state') return [frame];
    const { peerState } = message;
    const height = Math.max(1, peerState.height + random.between(-2, 2));
    const round = Math.max(0, peerState.round + random.between(-2, 20));
    const prevotes = peerState.prevotes.map(() => random.below(256));
    const validRound = random.chance(0.5) ? null : random.below(5);
    return [
      frameOf({ kind: 'peer_state', peerState: { ...peerState, height, round, prevotes, validRound } }),
    ];
  },
});
