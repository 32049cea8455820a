/**
 * @module `node test/simulation/run.ts --seeds 2000 --heights 100`: many seeds over all cores; `--seed N` replays one.
 * Prints what happened and fails on a broken invariant of any seed, and with `--coverage` on anything that occurred
 * too seldom to have been tested.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { lackingIn, report } from './coverage.ts';
import { runSeed, runSpecial, type SeedOutcome } from './run-seed.ts';
import type { WorkerTask } from './run-worker.ts';
import { Statistics } from './statistics.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '250' },
    from: { type: 'string', default: '1' },
    heights: { type: 'string', default: '100' },
    nodes: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    coverage: { type: 'boolean', default: false },
  },
});

const NURSERY_MB = 64;
const PROGRESS_MS = 60_000;
const heights = Number(values.heights);
const nodes = values.nodes === undefined ? null : Number(values.nodes);
const statistics = new Statistics();
let violations = 0;

function take(outcome: SeedOutcome): void {
  statistics.merge(outcome.counts);
  statistics.add(`sizes/${outcome.nodes}`);
  if (outcome.violation === null) return;
  violations++;
  console.log(
    `seed ${outcome.seed} (${outcome.nodes} validators) breaks ${outcome.violation}: ${outcome.detail}`,
  );
}

function runThread(task: WorkerTask): Promise<void> {
  const worker = new Worker(fileURLToPath(import.meta.resolve('./run-worker.ts')), {
    workerData: task,
    // Most of what a step makes is garbage after it: a large nursery keeps it from being copied.
    resourceLimits: { maxYoungGenerationSizeMb: NURSERY_MB },
  });
  worker.on('message', take);
  return new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', () => resolve());
  });
}

function secondsSince(ms: number): string {
  return ((performance.now() - ms) / 1_000).toFixed(1);
}

const beganMs = performance.now();
const first = Number(values.seed ?? values.from);
const count = values.seed === undefined ? Number(values.seeds) : 1;
if (count === 1) {
  const outcome = runSeed(first, heights, nodes === null ? {} : { nodes });
  take(outcome);
  console.log(`trace ${outcome.traceHash}`);
  const special = runSpecial(first);
  if (special !== null) take(special);
} else {
  const taken = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const task = { first, count, taken, heights, nodes };
  const progress = setInterval(() => {
    const begun = Math.min(count, Atomics.load(taken, 0));
    console.error(`${begun} of ${count} seeds begun, ${violations} violations, ${secondsSince(beganMs)} s`);
  }, PROGRESS_MS);
  await Promise.all(Array.from({ length: Number(values.jobs) }, () => runThread(task)));
  clearInterval(progress);
}
for (const line of report(statistics)) console.log(line);
const lacking = values.coverage ? lackingIn(statistics) : [];
for (const line of lacking) console.log(`too seldom: ${line}`);
console.log(
  `seeds ${first} to ${first + count - 1}, ${heights} heights each: ${violations} violations, ${secondsSince(beganMs)} s`,
);
process.exitCode = violations === 0 && lacking.length === 0 ? 0 : 1;
