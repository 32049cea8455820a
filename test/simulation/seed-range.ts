/** @module Every second seed of the part of the simulation that runs with every test: two files, so that two cores share it. */
import { expect } from 'vitest';
import { runSeed } from './run-seed.ts';
import { Statistics } from './statistics.ts';

/** Seeds of both files together. */
export const SEEDS = 250;
export const HEIGHTS = 10;

/** Runs the seeds from `first` on, every second one; fails with the first broken invariant. */
export function everySecondSeed(first: 1 | 2): Statistics {
  const statistics = new Statistics();
  for (let seed = first; seed <= SEEDS; seed += 2) {
    const { violation, detail, counts } = runSeed(seed, HEIGHTS);
    expect(violation, `seed ${seed}: ${detail}`).toBeNull();
    statistics.merge(counts);
  }
  expect(statistics.get('heights')).toBeGreaterThanOrEqual((SEEDS / 2) * HEIGHTS);
  expect(statistics.get('heights_beyond_round_0')).toBeGreaterThan(statistics.get('heights') / 20);
  return statistics;
}
