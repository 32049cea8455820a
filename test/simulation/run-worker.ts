/** @module A thread of `run.ts`: every `step`-th seed. */
import { parentPort, workerData } from 'node:worker_threads';
import { runSeed, runSpecial } from './run-seed.ts';

export interface WorkerTask {
  readonly first: number;
  readonly count: number;
  readonly step: number;
  readonly heights: number;
  readonly nodes: number | null;
}

const { first, count, step, heights, nodes } = workerData as WorkerTask;
for (let seed = first; seed < first + count; seed += step) {
  parentPort?.postMessage(runSeed(seed, heights, nodes === null ? {} : { nodes }));
  const special = runSpecial(seed);
  if (special !== null) parentPort?.postMessage(special);
}
