/**
 * @module What a campaign of twins plays: for each round who leads it and who hears whom. Twins: BFT Systems Made Robust
 * (arXiv 2004.10617). Machines are the copies of the twinned validators, in pairs, then the others.
 */
import type { Random } from '../random.ts';

/** What a message is about: each is lost on its own. */
export const PHASES = ['proposal', 'prevote', 'precommit'] as const;
export type Phase = (typeof PHASES)[number];

/**
 * One round: the validator that leads, and the side of each machine; messages of the round stay on their side. Beside that
 * single ones are lost: `phase/from/to`, by machine.
 */
export interface RoundPlan {
  readonly leader: number;
  readonly sides: readonly number[];
  readonly lost: ReadonlySet<string>;
}

export type Manifest = readonly RoundPlan[];

/** Validators, and how many of them, from index 0 on, run twice. */
export interface Cast {
  readonly validators: number;
  readonly twins: number;
}

/** One of four runs twice: the smallest network in which that is a minority below a third. */
export const FOUR: Cast = { validators: 4, twins: 1 };
/** Two of seven. */
export const SEVEN: Cast = { validators: 7, twins: 2 };

/** The validator that a machine is a copy of. */
export function validatorOf({ twins }: Cast, machine: number): number {
  return machine < 2 * twins ? machine >> 1 : machine - twins;
}

/** Copies and singles together. */
export function machinesOf({ validators, twins }: Cast): number {
  return validators + twins;
}

/** Every round of four validators with one twin: four leaders, and all ways to part five machines into at most two sides. */
const ROUNDS: readonly RoundPlan[] = [0, 1, 2, 3].flatMap((leader) =>
  Array.from({ length: 16 }, (_, mask) => ({
    leader,
    sides: [0, 1, 2, 3, 4].map((machine) => (machine === 0 ? 0 : (mask >> (machine - 1)) & 1)),
    lost: new Set<string>(),
  })),
);

/** Machines by their new names: the three single validators in any order, the two copies in either. */
const RENAMINGS: readonly (readonly number[])[] = [
  [2, 3, 4],
  [2, 4, 3],
  [3, 2, 4],
  [3, 4, 2],
  [4, 2, 3],
  [4, 3, 2],
].flatMap((singles) => [
  [0, 1, ...singles],
  [1, 0, ...singles],
]);

/** Where a round stands among all, under another naming of its machines. */
function codeOf({ leader, sides }: RoundPlan, renaming: readonly number[]): number {
  const renamed = new Array<number>(sides.length).fill(0);
  for (const [machine, side] of sides.entries()) renamed[renaming[machine] ?? 0] = side;
  const first = renamed[0] ?? 0;
  const mask = renamed.slice(1).reduce((sum, side, index) => sum + ((side ^ first) << index), 0);
  const renamedLeader = leader === 0 ? 0 : (renaming[leader + 1] ?? 0) - 1;
  return renamedLeader * 16 + mask;
}

/** By renaming and round: its code. */
const CODES = RENAMINGS.map((renaming) => ROUNDS.map((round) => codeOf(round, renaming)));

/**
 * Every manifest of so many rounds for `FOUR`, one of each class of those that differ in names alone: the machine knows
 * validators by their keys only.
 */
export function* everyManifest(rounds: number): Iterable<Manifest> {
  const total = ROUNDS.length ** rounds;
  const digits = new Array<number>(rounds).fill(0);
  for (let number = 0; number < total; number++) {
    for (let at = rounds - 1, rest = number; at >= 0; at--) {
      digits[at] = rest % ROUNDS.length;
      rest = Math.floor(rest / ROUNDS.length);
    }
    if (!CODES.some((codes) => isBelow(digits, codes)))
      yield digits.map((digit) => ROUNDS[digit] as RoundPlan);
  }
}

/** Whether the renamed manifest comes before the manifest itself. */
function isBelow(digits: readonly number[], codes: readonly number[]): boolean {
  for (const digit of digits) {
    const renamed = codes[digit] ?? 0;
    if (renamed !== digit) return renamed < digit;
  }
  return false;
}

/** A manifest under these leaders by chance: one of partitions with up to three sides, or one of losses. */
export function someManifest(random: Random, cast: Cast, leaders: readonly number[]): Manifest {
  const isWhole = random.chance(0.5);
  return leaders.map((leader) => {
    const sides = isWhole ? 1 : random.pick([1, 2, 2, 3]);
    return {
      leader,
      sides: Array.from({ length: machinesOf(cast) }, () => random.below(sides)),
      lost: isWhole ? someLosses(random, cast) : new Set(),
    };
  });
}

/**
 * Of twins each machine hears one or the other in each phase, and of the rest now and then one is not heard. Sides alone
 * never leave a lock without its decision: whoever hears a polka hears the precommits for it, too.
 */
function someLosses(random: Random, cast: Cast): Set<string> {
  const lost = new Set<string>();
  const machines = machinesOf(cast);
  for (const phase of PHASES) {
    const share = random.pick([0, 0.1, 0.3]);
    for (let to = 0; to < machines; to++) {
      for (let from = 2 * cast.twins; from < machines; from++)
        if (random.chance(share)) lost.add(lossOf(phase, from, to));
      for (let twin = 0; twin < cast.twins; twin++) lost.add(lossOf(phase, 2 * twin + random.below(2), to));
    }
  }
  return lost;
}

export function lossOf(phase: Phase, from: number, to: number): string {
  return `${phase}/${from}/${to}`;
}
