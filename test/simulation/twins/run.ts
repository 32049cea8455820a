/**
 * @module `node test/simulation/twins/run.ts`: every manifest of three rounds for four validators of which one runs twice.
 * `--sampled N` plays N random ones of four to seven rounds, for four and for seven validators, in its place.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Random } from '../random.ts';
import { Violation } from '../violation.ts';
import { Committee } from './committee.ts';
import { everyManifest, FOUR, type Manifest, SEVEN, someManifest } from './manifest.ts';
import { play } from './play.ts';

interface Task {
  readonly sampled: number;
  readonly rounds: number;
  readonly offset: number;
  readonly step: number;
}

interface Tally {
  played: number;
  early: number;
  withEvidence: number;
  highestRound: number;
  violations: string[];
}

const VIOLATIONS_SHOWN = 10;

function playOne(committee: Committee, manifest: Manifest, tally: Tally): void {
  tally.played += 1;
  try {
    const { round, evidence, isEarly } = play(committee, manifest);
    tally.highestRound = Math.max(tally.highestRound, round);
    if (evidence > 0) tally.withEvidence += 1;
    if (isEarly) tally.early += 1;
  } catch (error) {
    if (!(error instanceof Violation)) throw error;
    if (tally.violations.length < VIOLATIONS_SHOWN)
      tally.violations.push(`${error.message} under ${JSON.stringify(manifest)}`);
  }
}

function* manifestsOf({ sampled, rounds, offset, step }: Task): Iterable<[Committee, Manifest]> {
  const four = new Committee(FOUR);
  if (sampled === 0) {
    let number = 0;
    for (const manifest of everyManifest(rounds)) if (number++ % step === offset) yield [four, manifest];
    return;
  }
  const seven = new Committee(SEVEN);
  for (let number = offset; number < sampled; number += step) {
    const random = new Random(number, 60);
    const committee = random.chance(0.5) ? four : seven;
    const leaders = committee.someLeaders(random, random.between(4, 7));
    yield [committee, someManifest(random, committee.cast, leaders)];
  }
}

function playAll(task: Task): Tally {
  const tally: Tally = { played: 0, early: 0, withEvidence: 0, highestRound: 0, violations: [] };
  for (const [committee, manifest] of manifestsOf(task)) playOne(committee, manifest, tally);
  return tally;
}

function inThread(task: Task): Promise<Tally> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: task });
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sampled: { type: 'string', default: '0' },
      rounds: { type: 'string', default: '3' },
      jobs: { type: 'string', default: String(availableParallelism()) },
    },
  });
  const beganMs = performance.now();
  const step = Number(values.jobs);
  const base = { sampled: Number(values.sampled), rounds: Number(values.rounds), step };
  const tallies = await Promise.all(
    Array.from({ length: step }, (_, offset) => inThread({ ...base, offset })),
  );
  const sum = (of: (tally: Tally) => number) => tallies.reduce((total, tally) => total + of(tally), 0);
  const violations = tallies.flatMap((tally) => tally.violations);
  for (const violation of violations) console.log(violation);
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1);
  const played = sum((tally) => tally.played);
  const early = sum((tally) => tally.early);
  const withEvidence = sum((tally) => tally.withEvidence);
  const highestRound = Math.max(...tallies.map((tally) => tally.highestRound));
  console.log(
    `${played} manifests, decided before the heal ${early}, with evidence ${withEvidence}, highest round ${highestRound}, violations ${violations.length}, ${seconds} s`,
  );
  // Partitions must have kept some from deciding, and twins must have been seen to contradict themselves.
  const isTelling = early > 0 && early < played && withEvidence > played / 10 && highestRound > 0;
  if (!isTelling) console.log('these manifests tell little: too few of them are hard');
  process.exitCode = violations.length === 0 && isTelling ? 0 : 1;
}

if (isMainThread) await main();
else parentPort?.postMessage(playAll(workerData as Task));
