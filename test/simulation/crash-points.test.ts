import { describe, expect, it } from 'vitest';
import type { Behaviour } from './behaviour.ts';
import { silent } from './byzantine/silent.ts';
import type { Random } from './random.ts';
import { calmScenario } from './scenario.ts';
import { Simulation } from './simulation.ts';

const HEIGHTS = 2;
const HOW = ['before_persist', 'after_persist', 'half_sent'] as const;

/** Places one crash at each turn of `node` that writes; the number of places. */
function crashEverywhere(node: number, how: (typeof HOW)[number], isOneSilent: boolean): number {
  const byzantine = new Map<number, (random: Random) => Behaviour>();
  if (isOneSilent) byzantine.set((node + 1) % 4, silent);
  for (let turn = 1; ; turn++) {
    const simulation = new Simulation(calmScenario(7, HEIGHTS, byzantine));
    const target = simulation.nodes[node];
    if (target === undefined) throw new Error('four nodes');
    target.crashPlan = { turn, how };
    simulation.run();
    if (target.crashPlan !== null) return turn - 1;
  }
}

describe('a crash at every boundary of writing and sending', () => {
  it.each(HOW)('%s: no node signs twice, and the chain goes on', { timeout: 120_000 }, (how) => {
    for (let node = 0; node < 4; node++) {
      // Each node proposes once in four heights and votes in all, so at least two turns write per height.
      expect(crashEverywhere(node, how, false)).toBeGreaterThanOrEqual(2 * HEIGHTS);
      // With one validator silent, there are rounds beyond the first, with locks and time-outs.
      expect(crashEverywhere(node, how, true)).toBeGreaterThanOrEqual(2 * HEIGHTS);
    }
  });
});
