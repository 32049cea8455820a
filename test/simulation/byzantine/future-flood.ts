/** @module Floods everyone with signed votes for rounds and heights far ahead. */
import type { SignedVote } from '../../../shared/protocol/consensus/message.ts';
import { ROUND_MAX } from '../../../shared/protocol/primitives/limits.ts';
import type { MakeBehaviour } from '../behaviour.ts';
import { frameOf } from '../frame.ts';
import { otherVote, randomHash } from './forging.ts';

export const futureFlood: MakeBehaviour = (random) => ({
  name: 'future_flood',
  afterTurn: (node) => {
    const { self, height, round } = node.state;
    if (self === null || !random.chance(0.1)) return;
    const votes = Array.from({ length: 4 }, (): SignedVote => {
      const ahead = random.pick([1, 2, 8, 9, 100, ROUND_MAX]);
      const vote: SignedVote = {
        type: random.pick(['prevote', 'precommit']),
        height: height + random.pick([0, 0, 1, 2, 1_000]),
        round: Math.min(ROUND_MAX, round + ahead),
        blockHash: random.chance(0.5) ? null : randomHash(random),
        // Some name a polka of a round that is not below their own.
        polRound: random.chance(0.2) ? Math.min(ROUND_MAX, round + ahead) : null,
        validator: self,
        signature: new Uint8Array(64),
      };
      return otherVote(node, vote, {});
    });
    for (const other of node.simulation.nodes)
      if (other !== node) node.send(other.index, frameOf({ kind: 'votes', votes }));
  },
});
