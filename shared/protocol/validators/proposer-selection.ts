/**
 * @module Who proposes: weighted round robin with priorities kept in the state. One step adds every
 * validator's power to its priority, picks the highest (ties: lowest key) and takes the total power from the
 * one picked. From round 1,000 on the turns repeat, so that no round, however high, costs more than that many steps.
 */
import { assert } from '../primitives/assert.ts';
import { ROUND_MAX, TURNS_MAX } from '../primitives/limits.ts';
import { compareKeys, totalPower, type Validator, type ValidatorSet } from './validator-set.ts';

/** Priorities never lie further apart than this many times the total power. */
const WINDOW_FACTOR = 2;

/** The proposer of a round of the height that this set decides. Costs O(min(round, 1,000) * validators). */
export function proposerAt(set: ValidatorSet, round: number): Validator {
  const priorities = set.map((validator) => validator.priority);
  const proposer = set[advance(set, priorities, turnsOf(round))];
  assert(proposer !== undefined, 'a validator set is never empty');
  return proposer;
}

/** Elections up to that of a round: the block of the round moves priorities by so many, so that missed turns are paid for. */
export function turnsOf(round: number): number {
  assert(
    Number.isSafeInteger(round) && round >= 0 && round <= ROUND_MAX,
    'the round is within the round limit',
  );
  return (round % TURNS_MAX) + 1;
}

/** The same set after `steps` elections, at most 1,000. */
export function advancePriorities(set: ValidatorSet, steps: number): ValidatorSet {
  const priorities = set.map((validator) => validator.priority);
  advance(set, priorities, steps);
  return set.map((validator, index) => withPriority(validator, priorities[index] ?? 0));
}

/**
 * The set that follows `previous` when membership or power change: who stays keeps its priority, a newcomer
 * starts 1.125 times the total power behind (so leaving and coming back gains no turn), then priorities are
 * centred on 0 and scaled into a window of twice the total power.
 */
export function renewValidatorSet(
  previous: ValidatorSet,
  members: readonly Omit<Validator, 'priority'>[],
): ValidatorSet {
  const known = new Map(previous.map((validator) => [validator.consensusKey, validator.priority]));
  const total = members.reduce((sum, { power }) => sum + power, 0);
  const newcomer = -(total + Math.floor(total / 8));
  const renewed = members
    .map((member) => ({ ...member, priority: known.get(member.consensusKey) ?? newcomer }))
    .sort((left, right) => compareKeys(left.consensusKey, right.consensusKey));
  return rescale(centre(renewed), WINDOW_FACTOR * total);
}

/** Moves `priorities` by `steps` elections in place; the index of the last one elected. */
function advance(set: ValidatorSet, priorities: number[], steps: number): number {
  assert(
    Number.isSafeInteger(steps) && steps >= 1 && steps <= TURNS_MAX,
    'steps are within the limit of turns',
  );
  const powers = set.map((validator) => validator.power);
  const total = totalPower(set);
  let elected = -1;
  for (let step = 0; step < steps; step++) elected = elect(powers, priorities, total);
  return elected;
}

function elect(powers: readonly number[], priorities: number[], total: number): number {
  let elected = -1;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < powers.length; index++) {
    const priority = (priorities[index] ?? 0) + (powers[index] ?? 0);
    priorities[index] = priority;
    // Ascending by key, so the first of equals has the lowest key.
    if (priority > highest) {
      highest = priority;
      elected = index;
    }
  }
  assert(elected >= 0, 'a validator set is never empty');
  priorities[elected] = highest - total;
  return elected;
}

function centre(set: ValidatorSet): ValidatorSet {
  if (set.length === 0) return set;
  const sum = set.reduce((total, { priority }) => total + priority, 0);
  const average = Math.floor(sum / set.length);
  return set.map((validator) => withPriority(validator, validator.priority - average));
}

function rescale(set: ValidatorSet, window: number): ValidatorSet {
  if (set.length === 0) return set;
  const priorities = set.map(({ priority }) => priority);
  const spread = Math.max(...priorities) - Math.min(...priorities);
  if (spread <= window) return set;
  const ratio = Math.ceil(spread / window);
  return set.map((validator) => withPriority(validator, Math.trunc(validator.priority / ratio)));
}

function withPriority(validator: Validator, priority: number): Validator {
  // Adding 0 turns -0, which CBOR cannot say as an integer, into 0.
  return { ...validator, priority: priority + 0 };
}
