/** @module What a seed means: how many nodes, which of them are byzantine and how, and when which faults act. */

import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';
import type { MakeBehaviour } from './behaviour.ts';
import { BEHAVIOURS } from './byzantine/kinds.ts';
import { Random } from './random.ts';

/** Sizes with their share of all seeds in percent; four is what most networks start with. */
const SIZES: readonly (readonly [number, number])[] = [
  [1, 3],
  [2, 4],
  [3, 5],
  [4, 62],
  [5, 10],
  [7, 10],
  [10, 4],
  [16, 2],
];

export interface Scenario {
  readonly seed: number;
  readonly heights: number;
  readonly nodes: number;
  /** By node index. */
  readonly byzantine: ReadonlyMap<number, MakeBehaviour>;
  readonly params: Partial<ChainParams>;
  readonly baseLatencyMs: number;
  /** Kinds of faults at once in a storm. */
  readonly severity: number;
  readonly isMemoised: boolean;
  /** `storms` of all kinds of faults, `calm` without any, or `partitions` that change every few hundred ms. */
  readonly weather: 'storms' | 'calm' | 'partitions';
  /** Nodes, from index 0 on, that run twice with one key. */
  readonly twins: number;
}

/** Time-outs of a fast local network, so that virtual time is short and faults of a second matter. */
const FAST_PARAMS = {
  blockTimeMs: 200,
  precisionMs: 300,
  messageDelayMs: 1_000,
  timeoutProposeMs: 400,
  timeoutProposeDeltaMs: 200,
  timeoutVoteMs: 200,
  timeoutVoteDeltaMs: 100,
} as const;

/** The scenario of a seed. `nodes` overrules its choice of size. */
export function scenarioOf(seed: number, heights: number, options: { nodes?: number } = {}): Scenario {
  const random = new Random(seed, 1);
  const chosen = chooseSize(random);
  const nodes = options.nodes ?? chosen;
  const faulty = Math.floor((nodes - 1) / 3);
  const count = random.chance(0.75) ? random.between(Math.min(1, faulty), faulty) : 0;
  const byzantine = new Map<number, MakeBehaviour>();
  for (const index of random.sample([...Array(nodes).keys()], count))
    byzantine.set(index, random.pick(BEHAVIOURS));
  return {
    seed,
    heights,
    nodes,
    byzantine,
    params: { ...FAST_PARAMS, emptyBlocks: random.chance(0.2) ? 'always' : 'never', feeBurnBps: 2_500 },
    baseLatencyMs: random.between(2, 60),
    severity: random.between(2, 5),
    isMemoised: seed % 50 !== 0,
    weather: 'storms',
    twins: 0,
  };
}

/** Four validators, no faults: the ground on which single crashes are placed. */
export function calmScenario(
  seed: number,
  heights: number,
  byzantine: Scenario['byzantine'] = new Map(),
): Scenario {
  return { ...scenarioOf(seed, heights, { nodes: 4 }), byzantine, isMemoised: true, weather: 'calm' };
}

/** Some validators run twice and both copies are honest code, on shifting sides of partitions. */
export function twinScenario(seed: number, heights: number): Scenario {
  const nodes = seed % 3 === 0 ? 7 : 4;
  const twins = Math.floor((nodes - 1) / 3);
  const base = scenarioOf(seed, heights, { nodes });
  return { ...base, byzantine: new Map(), isMemoised: true, weather: 'partitions', twins };
}

function chooseSize(random: Random): number {
  let left = random.below(100);
  for (const [size, share] of SIZES) {
    left -= share;
    if (left < 0) return size;
  }
  return 4;
}
