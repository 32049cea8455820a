/** @module Runs seeds, each with faults and with twins, until one breaks an invariant, and prints which: the test of one mutant, in its own process. */

import { stalePolka } from '../byzantine/stale-polka.ts';
import { runScenario, runSeed } from '../run-seed.ts';
import { type Scenario, scenarioOf, twinScenario } from '../scenario.ts';

/** Twins on shifting partitions lock on different blocks often. */
const TWIN_HEIGHTS = 5;
const HEIGHTS = 20;

/** One of four proposes old blocks over old polkas in every seed: rule L28 is at work. */
function withStalePolka(seed: number): Scenario {
  return { ...scenarioOf(seed, HEIGHTS, { nodes: 4 }), byzantine: new Map([[seed % 4, stalePolka]]) };
}

const [seeds = '60', heights = '20'] = process.argv.slice(2);
for (let seed = 1; seed <= Number(seeds); seed++) {
  const outcomes = [
    runSeed(seed, Number(heights)),
    runScenario(twinScenario(seed, TWIN_HEIGHTS)),
    runScenario(withStalePolka(seed)),
  ];
  for (const { violation, detail } of outcomes) {
    if (violation === null) continue;
    console.log(JSON.stringify({ seed, violation, detail: detail.slice(0, 200) }));
    process.exit(0);
  }
}
console.log(JSON.stringify({ seed: null }));
