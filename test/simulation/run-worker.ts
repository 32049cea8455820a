/** @module A thread of `run.ts`: takes the next seed whenever it has ended one, since some take ten times as long as others. */
import { parentPort, workerData } from 'node:worker_threads';
import { runSeed, runSpecial } from './run-seed.ts';

export interface WorkerTask {
  readonly first: number;
  readonly count: number;
  /** How many seeds were taken by all threads: one shared integer. */
  readonly taken: Int32Array;
  readonly heights: number;
  readonly nodes: number | null;
}

const { first, count, taken, heights, nodes } = workerData as WorkerTask;
for (let index = Atomics.add(taken, 0, 1); index < count; index = Atomics.add(taken, 0, 1)) {
  const seed = first + index;
  parentPort?.postMessage(runSeed(seed, heights, nodes === null ? {} : { nodes }));
  const special = runSpecial(seed);
  if (special !== null) parentPort?.postMessage(special);
}
