/** @module Proposes good transactions over a state root that is not theirs. */
import type { MakeBehaviour } from '../behaviour.ts';
import { otherBlock, randomHash } from './forging.ts';

export const wrongStateRoot: MakeBehaviour = (random) => ({
  name: 'wrong_state_root',
  forge: (_node, honest) => otherBlock(honest, { stateRoot: randomHash(random) }),
});
