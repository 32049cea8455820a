/** @module Who decides which height with what power, as the decided blocks say: the measure of every other check. */
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { ValidatorSet } from '../../shared/protocol/validators/validator-set.ts';

/** The set of one height. */
export interface DecidingSet {
  /** Ascending, as bitmaps count them. */
  readonly keys: readonly ConsensusKey[];
  readonly powers: ReadonlyMap<ConsensusKey, number>;
  readonly total: number;
}

/** What one set has and the one before had not, and the other way round. */
export interface SetChange {
  readonly joined: number;
  readonly left: number;
  /** Members of both whose power is another. */
  readonly moved: number;
}

export class DecidingSets {
  readonly #byHeight = new Map<number, DecidingSet>();

  at(height: number): DecidingSet | undefined {
    return this.#byHeight.get(height);
  }

  /** Remembers the set of a height; what it changes against the one before, or null for what was known or is the same. */
  learn(height: number, validators: ValidatorSet): SetChange | null {
    if (this.#byHeight.has(height)) return null;
    const before = this.#byHeight.get(height - 1);
    const powers = new Map(validators.map(({ consensusKey, power }) => [consensusKey, power]));
    if (before !== undefined && isSame(before.powers, powers)) {
      this.#byHeight.set(height, before);
      return null;
    }
    const total = [...powers.values()].reduce((sum, power) => sum + power, 0);
    this.#byHeight.set(height, { keys: [...powers.keys()].sort(), powers, total });
    return before === undefined ? null : changeOf(before.powers, powers);
  }

  /** Power of these keys at a height; each counts once. */
  power(height: number, keys: Iterable<ConsensusKey>): number {
    const powers = this.#byHeight.get(height)?.powers;
    let power = 0;
    for (const key of new Set(keys)) power += powers?.get(key) ?? 0;
    return power;
  }

  /** Whether these keys hold strictly more than two thirds of the power at a height. */
  isQuorum(height: number, keys: Iterable<ConsensusKey>): boolean {
    return 3 * this.power(height, keys) > 2 * (this.#byHeight.get(height)?.total ?? Number.NaN);
  }
}

type Powers = ReadonlyMap<ConsensusKey, number>;

function isSame(left: Powers, right: Powers): boolean {
  return left.size === right.size && [...left].every(([key, power]) => right.get(key) === power);
}

function changeOf(before: Powers, after: Powers): SetChange {
  const stayed = [...after.keys()].filter((key) => before.has(key));
  return {
    joined: after.size - stayed.length,
    left: before.size - stayed.length,
    moved: stayed.filter((key) => before.get(key) !== after.get(key)).length,
  };
}
