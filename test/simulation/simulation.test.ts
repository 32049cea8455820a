import { describe, expect, it } from 'vitest';
import { runSeed } from './run-seed.ts';
import { Statistics } from './statistics.ts';

const SEEDS = 250;
const HEIGHTS = 4;

describe('a simulated network', () => {
  it(`breaks no invariant in ${SEEDS} seeds of ${HEIGHTS} heights`, { timeout: 240_000 }, () => {
    const statistics = new Statistics();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violation, detail, counts } = runSeed(seed, HEIGHTS);
      expect(violation, `seed ${seed}: ${detail}`).toBeNull();
      statistics.merge(counts);
    }
    expect(statistics.get('heights')).toBeGreaterThanOrEqual(SEEDS * HEIGHTS);
    expect(statistics.get('heights_beyond_round_0')).toBeGreaterThan((SEEDS * HEIGHTS) / 10);
  });

  it('leaves the same trace whenever a seed runs again', () => {
    for (const seed of [3, 14, 159]) expect(runSeed(seed, 10).traceHash).toBe(runSeed(seed, 10).traceHash);
  });
});
