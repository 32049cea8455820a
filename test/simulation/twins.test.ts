import { describe, expect, it } from 'vitest';
import { runScenario } from './run-seed.ts';
import { brokenScenario, twinScenario } from './scenario.ts';
import { Statistics } from './statistics.ts';

const SEEDS = 40;
const HEIGHTS = 6;
const BROKEN_SEEDS = 16;

describe('validators that run twice with one key', () => {
  it('never split a chain while they hold less than a third', { timeout: 240_000 }, () => {
    const statistics = new Statistics();
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { violation, detail, counts } = runScenario(twinScenario(seed, HEIGHTS));
      expect(violation, `seed ${seed}: ${detail}`).toBeNull();
      statistics.merge(counts);
    }
    // The twins did contradict each other, and were seen to.
    expect(statistics.get('evidence/prevote') + statistics.get('evidence/precommit')).toBeGreaterThan(SEEDS);
  });

  it('do split it with more, and every time a third of the power answers for it', {
    timeout: 240_000,
  }, () => {
    const statistics = new Statistics();
    for (let seed = 1; seed <= BROKEN_SEEDS; seed++) {
      const { violation, detail, counts } = runScenario(brokenScenario(seed, HEIGHTS));
      expect(violation, `seed ${seed}: ${detail}`).toBeNull();
      statistics.merge(counts);
    }
    expect(statistics.get('forks')).toBeGreaterThan(BROKEN_SEEDS / 4);
  });
});
