/** @module Randomness that a printed seed repeats. */
import { createHash } from 'node:crypto';

/** A stream of numbers that depends on the seed alone. */
export interface Seeded {
  readonly seed: string;
  /** From 0 up to and without 1. */
  unit(): number;
  /** An integer from `min` to `max`, both included. */
  integer(min: number, max: number): number;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
}

/** The stream of `seed`, which the environment variable SEED overrides to repeat a run. */
export function seeded(seed: string): Seeded {
  const name = process.env.SEED ?? seed;
  let state = createHash('sha256').update(name).digest().readUInt32LE(0);
  const unit = (): number => {
    // mulberry32: small, and good enough to choose test cases.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (min: number, max: number): number => min + Math.floor(unit() * (max - min + 1));
  return {
    seed: name,
    unit,
    integer,
    pick: (items) => {
      const item = items[integer(0, items.length - 1)];
      if (item === undefined) throw new Error('nothing to pick from');
      return item;
    },
  };
}
