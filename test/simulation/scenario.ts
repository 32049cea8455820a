/** @module What a seed means: how many nodes, which of them are byzantine and how, what moves the set, and which faults act. */
import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';
import type { MakeBehaviour } from './behaviour.ts';
import { BEHAVIOURS } from './byzantine/kinds.ts';
import { turncoat } from './byzantine/turncoat.ts';
import { Random } from './random.ts';

/**
 * Sizes with their share of all seeds, per thousand. Four is what most networks start with; a run of sixteen takes as long
 * as seven of them, and thirty of one.
 */
const SIZES: readonly (readonly [number, number])[] = [
  [1, 175],
  [2, 245],
  [3, 212],
  [4, 309],
  [5, 38],
  [7, 12],
  [10, 5],
  [16, 4],
];

export interface Scenario {
  readonly seed: number;
  readonly heights: number;
  /** Validators of the genesis. */
  readonly nodes: number;
  /** Nodes beside them that follow and may join. */
  readonly candidates: number;
  /** By node index. */
  readonly byzantine: ReadonlyMap<number, MakeBehaviour>;
  readonly params: Partial<ChainParams>;
  readonly baseLatencyMs: number;
  /** Kinds of faults at once in a storm. */
  readonly severity: number;
  readonly isMemoised: boolean;
  /**
   * `storms` of all kinds of faults, `calm` without any, `partitions` that change every few hundred ms, or a `schism`
   * into two halves that both hold a copy of every twin.
   */
  readonly weather: 'storms' | 'calm' | 'partitions' | 'schism';
  /** Nodes, from index 0 on, that run twice with one key. */
  readonly twins: number;
  /** What changes the validator set: nothing, evidence in blocks, or stake, votes, jail and evidence. */
  readonly changes: 'none' | 'evidence' | 'all';
  /** Byzantine power stays below a third, or has more: then the chain may fork, and someone must answer for it. */
  readonly trust: 'sound' | 'broken';
}

/** What changes the set, with its share of nine runs: one in which all of it does takes half as long again. */
const CHANGES: readonly (readonly [Scenario['changes'], number])[] = [
  ['none', 2],
  ['evidence', 5],
  ['all', 2],
];

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

/** Windows of signatures short enough to jail who misses a storm, and the usual one, which never fills here. */
const SHORT_WINDOWS = [6, 10] as const;
const LONG_WINDOW = 1_000;

/** Periods that pass within a run. */
const SHORT_PERIODS = {
  evidenceAgeMs: 10_000,
  unbondingMs: 12_000,
  voteExpiryMs: 8_000,
  slashDowntimeBps: 100,
} as const;

/** The scenario of a seed. `nodes` overrules its choice of size. */
export function scenarioOf(seed: number, heights: number, options: { nodes?: number } = {}): Scenario {
  const random = new Random(seed, 1);
  const chosen = choose(random, SIZES);
  const nodes = options.nodes ?? chosen;
  const faulty = Math.floor((nodes - 1) / 3);
  const count = random.chance(0.95) ? random.between(Math.min(1, faulty), faulty) : 0;
  const byzantine = new Map<number, MakeBehaviour>();
  for (const index of random.sample([...Array(nodes).keys()], count))
    byzantine.set(index, random.pick(BEHAVIOURS));
  const changes = choose(random, CHANGES);
  const moving = changes === 'all' ? movingParams(random, nodes, count) : {};
  return {
    seed,
    heights,
    nodes,
    candidates: changes === 'all' && nodes < 8 ? random.below(2) : 0,
    byzantine,
    params: {
      ...FAST_PARAMS,
      emptyBlocks: random.chance(0.2) ? 'always' : 'never',
      feeBurnBps: 2_500,
      ...moving,
    },
    baseLatencyMs: random.between(2, 60),
    severity: random.between(2, 5),
    isMemoised: true,
    weather: 'storms',
    twins: 0,
    changes,
    trust: 'sound',
  };
}

/**
 * Parameters of a chain whose set moves. Jail takes power from honest validators that are cut off, up to a third of it;
 * so that byzantine power stays below a third of the rest, it is below two ninths of the whole, and authorities alone
 * count. Where there is none, anything goes.
 */
function movingParams(random: Random, nodes: number, byzantine: number): Partial<ChainParams> {
  const mayJail = 9 * byzantine < 2 * nodes && random.chance(0.7);
  return {
    ...SHORT_PERIODS,
    jailMs: random.between(500, 3_000),
    signedWindowBlocks: mayJail ? random.pick(SHORT_WINDOWS) : LONG_WINDOW,
    authorityWeightBps: mayJail && byzantine > 0 ? 10_000 : random.pick([0, 3_000, 7_000, 10_000]),
    fullStake: random.pick([1_000n, 10_000n, 1_000_000n]),
    proposerSelection: random.chance(0.03) ? 'stake_lottery' : 'round_robin',
  };
}

/** Four validators, no faults: the ground on which single crashes are placed. */
export function calmScenario(
  seed: number,
  heights: number,
  byzantine: Scenario['byzantine'] = new Map(),
): Scenario {
  return { ...fixedScenario(seed, heights, 4), byzantine, weather: 'calm' };
}

/** Some validators run twice and both copies are honest code, on shifting sides of partitions. */
export function twinScenario(seed: number, heights: number): Scenario {
  const nodes = seed % 3 === 0 ? 7 : 4;
  const twins = Math.floor((nodes - 1) / 3);
  return { ...fixedScenario(seed, heights, nodes), weather: 'partitions', twins };
}

/** Sizes at which both halves of a schism have a quorum, with the number of twins that it takes. */
const SCHISMS: readonly (readonly [number, number])[] = [
  [4, 2],
  [5, 3],
  [7, 3],
  [10, 4],
];

/** More than a third of the power runs twice, or forgets its locks: the chain may fork, and evidence must say by whom. */
export function brokenScenario(seed: number, heights: number): Scenario {
  const random = new Random(seed, 5);
  if (random.chance(0.5)) {
    const [nodes, twins] = random.pick(SCHISMS);
    return { ...fixedScenario(seed, heights, nodes), weather: 'schism', trust: 'broken', twins };
  }
  const nodes = random.pick([3, 4, 5, 7]);
  const count = Math.floor(nodes / 3) + 1;
  const forgetful = random.sample([...Array(nodes).keys()], Math.min(count + random.below(2), nodes - 1));
  return {
    ...fixedScenario(seed, heights, nodes),
    weather: 'partitions',
    trust: 'broken',
    byzantine: new Map(forgetful.map((index) => [index, turncoat])),
  };
}

function fixedScenario(seed: number, heights: number, nodes: number): Scenario {
  const base = scenarioOf(seed, heights, { nodes });
  const { emptyBlocks = 'never' } = base.params;
  return {
    ...base,
    candidates: 0,
    byzantine: new Map(),
    params: { ...FAST_PARAMS, emptyBlocks, feeBurnBps: 2_500 },
    isMemoised: true,
    changes: 'none',
  };
}

/** One of several values, by their shares. */
function choose<T>(random: Random, shares: readonly (readonly [T, number])[]): T {
  let left = random.below(shares.reduce((sum, [, share]) => sum + share, 0));
  for (const [value, share] of shares) {
    left -= share;
    if (left < 0) return value;
  }
  throw new Error('nothing to choose from');
}
