import { describe, expect, it } from 'vitest';
import { runSeed } from './run-seed.ts';
import { everySecondSeed, HEIGHTS, SEEDS } from './seed-range.ts';

describe('a simulated network', () => {
  it(`breaks no invariant in the odd ones of ${SEEDS} seeds of ${HEIGHTS} heights`, {
    timeout: 240_000,
  }, () => {
    expect(everySecondSeed(1).get('set_changes')).toBeGreaterThan(10);
  });

  it('leaves the same trace whenever a seed runs again', () => {
    for (const seed of [3, 14, 159])
      expect(runSeed(seed, HEIGHTS).traceHash).toBe(runSeed(seed, HEIGHTS).traceHash);
  });
});
