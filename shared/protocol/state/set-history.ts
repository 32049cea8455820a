/**
 * @module Validator sets of the past: namespace 'validator-sets', a queue of [height, time_ms, [[key, power], ...]], one
 * item per change, kept while evidence from its heights may be young. The time is that of the block that decided it.
 */
import { type Codec, consensusKeyCodec, list, tuple, uint } from '../codec/codec.ts';
import { VALIDATORS_MAX, VOTING_POWER_TOTAL } from '../primitives/limits.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import type { ValidatorSet } from '../validators/validator-set.ts';
import type { VotingPower } from '../validators/voting-power.ts';
import { Queue } from './queue.ts';
import type { StateStore } from './state-store.ts';

/** Namespace of the sets of the past. */
export const SET_HISTORY_NAMESPACE = 'validator-sets';

interface SetAt {
  /** First height that it decides. */
  readonly height: number;
  readonly timeMs: number;
  readonly powers: readonly VotingPower[];
}

const setAtCodec: Codec<SetAt> = tuple({
  height: uint(),
  timeMs: uint(),
  powers: list(tuple({ consensusKey: consensusKeyCodec, power: uint(VOTING_POWER_TOTAL) }), VALIDATORS_MAX),
});
const sets = new Queue(SET_HISTORY_NAMESPACE, setAtCodec);

/** Keys and powers of the set that decides `height`, ascending by key; null once it is forgotten. */
export function validatorsAt(reader: StateReader, height: number): readonly VotingPower[] | null {
  const { first, next } = sets.bounds(reader);
  // The newest answers nearly every question.
  let [low, high] = [first, next];
  let middle = next - 1;
  let found: SetAt | null = null;
  while (low < high) {
    const item = sets.at(reader, middle);
    if (item.height <= height) {
      found = item;
      low = middle + 1;
    } else {
      high = middle;
    }
    middle = Math.floor((low + high) / 2);
  }
  return found?.powers ?? null;
}

/** Adds the set that decides from `height` on. `timeMs` is the time of the block before. */
export function recordSet(store: StateStore, height: number, timeMs: number, set: ValidatorSet): void {
  const powers = set.map(({ consensusKey, power }) => ({ consensusKey, power }));
  sets.push(store, { height, timeMs, powers });
}

/**
 * True if the oldest set decided only blocks from before `sinceMs` and no commit of it is still to come: the next block
 * holds the commit of `height`.
 */
export function isOldestSetDue(reader: StateReader, height: number, sinceMs: number): boolean {
  const { first, next } = sets.bounds(reader);
  if (next - first < 2) return false;
  const successor = sets.at(reader, first + 1);
  return successor.height <= height && successor.timeMs < sinceMs;
}

/** Forgets the oldest set. */
export function dropOldestSet(store: StateStore): void {
  sets.shift(store);
}
