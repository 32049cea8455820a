/**
 * @module `node test/simulation/run.ts --seeds 2000 --heights 100`: many seeds, one after the other; `--seed N` replays
 * one. Prints what happened and fails on the first broken invariant of any seed.
 */
import { parseArgs } from 'node:util';
import { scenarioOf } from './scenario.ts';
import { Simulation } from './simulation.ts';
import { Statistics } from './statistics.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '250' },
    from: { type: 'string', default: '1' },
    heights: { type: 'string', default: '100' },
    nodes: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const statistics = new Statistics();
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
let violations = 0;
const beganMs = performance.now();
for (let seed = first; seed < first + count; seed++) {
  const scenario = scenarioOf(
    seed,
    Number(values.heights),
    values.nodes === undefined ? {} : { nodes: Number(values.nodes) },
  );
  const simulation = new Simulation(scenario);
  const seedMs = performance.now();
  try {
    simulation.run();
  } catch (error) {
    violations++;
    console.log(`seed ${seed} (n=${scenario.nodes}): ${error instanceof Error ? error.stack : error}`);
  }
  if (values.verbose || count === 1)
    console.log(
      `seed ${seed} n=${scenario.nodes} trace ${simulation.traceHash} ${(performance.now() - seedMs).toFixed(0)} ms`,
    );
  statistics.merge(simulation.statistics.counts);
}
console.log(JSON.stringify(Object.fromEntries([...statistics.counts].sort()), null, 1));
console.log(
  `${count} seeds, ${violations} violations, ${((performance.now() - beganMs) / 1000).toFixed(1)} s`,
);
process.exitCode = violations === 0 ? 0 : 1;
