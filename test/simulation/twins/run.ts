/**
 * @module `node test/simulation/twins/run.ts`: every manifest of three rounds for four validators of which one runs twice,
 * then random ones of four to seven rounds for four and for seven. Machines that are wrong about locks must fork.
 * `--sampled N` plays N random ones, `--rounds 0` nothing else.
 */
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { huntIn } from '../mutants/hunter.ts';
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

/** For JSON: a set is the list of what it holds. */
function plain(_key: string, value: unknown): unknown {
  return value instanceof Set ? [...value] : value;
}

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
      tally.violations.push(`${error.message} under ${JSON.stringify(manifest, plain)}`);
  }
}

function* manifestsOf({ sampled, rounds, offset, step }: Task): Iterable<[Committee, Manifest]> {
  const four = new Committee(FOUR);
  let number = 0;
  if (rounds > 0)
    for (const manifest of everyManifest(rounds)) if (number++ % step === offset) yield [four, manifest];
  const seven = new Committee(SEVEN);
  for (number = offset; number < sampled; number += step) {
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

/** Machines that are wrong, by the names of their faults, none of which may stay without a fork. */
const FORKERS = [
  'L36 does not lock',
  'L22 forgets the lock',
  'L44 frees the lock',
  'locks end with their round',
];
/** Seeds of the ground on which they are tried. */
const FORK_SEEDS = 20;

/** Those that did not fork. */
async function faithful(): Promise<string[]> {
  const places = Array.from({ length: FORK_SEEDS }, (_, index) => {
    return { ground: 'manifests', seed: index + 1 } as const;
  });
  const found = await Promise.all(FORKERS.map((name) => huntIn(name, places)));
  return FORKERS.filter((_, index) => found[index]?.caught?.invariant !== 'agreement');
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      sampled: { type: 'string', default: '6000' },
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
  const played = sum((tally) => tally.played);
  const early = sum((tally) => tally.early);
  const withEvidence = sum((tally) => tally.withEvidence);
  const highestRound = Math.max(...tallies.map((tally) => tally.highestRound));
  console.log(
    `${played} manifests, decided before the heal ${early}, with evidence ${withEvidence}, highest round ${highestRound}, violations ${violations.length}, ${secondsSince(beganMs)} s`,
  );
  // Partitions must have kept some from deciding, and twins must have been seen to contradict themselves.
  const isTelling = early > 0 && early < played && withEvidence > played / 10 && highestRound > 0;
  if (!isTelling) console.log('these manifests tell little: too few of them are hard');
  const unnoticed = await faithful();
  for (const name of unnoticed) console.log(`does not fork, though it is wrong: ${name}`);
  const forked = FORKERS.length - unnoticed.length;
  console.log(`${forked} of ${FORKERS.length} wrong machines forked, ${secondsSince(beganMs)} s`);
  process.exitCode = violations.length === 0 && isTelling && unnoticed.length === 0 ? 0 : 1;
}

function secondsSince(beganMs: number): string {
  return ((performance.now() - beganMs) / 1000).toFixed(1);
}

if (isMainThread) await main();
else parentPort?.postMessage(playAll(workerData as Task));
