/** @module Proposes blocks after which it would hold nearly all power, or somebody else none. */
import { VOTING_POWER_TOTAL } from '../../../shared/protocol/primitives/limits.ts';
import { validatorsHash } from '../../../shared/protocol/validators/hash.ts';
import type { MakeBehaviour } from '../behaviour.ts';
import { otherBlock } from './forging.ts';

export const greedySet: MakeBehaviour = (random) => ({
  name: 'greedy_set',
  forge: (node, honest) => {
    const { nextValidators } = honest;
    const victim = random.pick(nextValidators).consensusKey;
    const powers = random.chance(0.5)
      ? nextValidators.filter(({ consensusKey }) => consensusKey !== victim)
      : nextValidators.map((each) =>
          each.consensusKey === node.key ? { ...each, power: VOTING_POWER_TOTAL } : each,
        );
    return otherBlock(honest, { nextValidatorsHash: validatorsHash(powers) });
  },
});
