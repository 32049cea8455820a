/**
 * @module `node test/model/run.ts`: walks the model, checks its invariants, and replays every walk into the real machine.
 * Fails on a difference, on walks that did not come across what they are for, and on a wrong machine that passes: for each
 * rule one of the faults of test/simulation/mutants.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { RULES } from '../../shared/protocol/consensus/turn.ts';
import { MUTANTS } from '../simulation/mutants/mutants.ts';
import { Committee } from './committee.ts';
import { NETWORKS, type NetworkName, walk } from './quint.ts';
import { replay } from './replay.ts';
import { SITUATIONS } from './replica.ts';

const { values } = parseArgs({
  options: {
    /** Per network. */
    traces: { type: 'string', default: '50' },
    steps: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    network: { type: 'string' },
  },
});

/** A full run that shows less than this of anything tests little. */
const RULE_TIMES_MIN = 50;
const SITUATION_TIMES_MIN = 1;
const FORK = 'two blocks are final where half of the power is faulty';
const PATCH = fileURLToPath(import.meta.resolve('../simulation/mutants/patch.ts'));
const REFUTE = fileURLToPath(import.meta.resolve('./refute.ts'));
const run = promisify(execFile);

const beganMs = performance.now();
const seen = new Map<string, number>();
const folder = mkdtempSync(join(tmpdir(), 'model-'));
/** By network, as plain JSON for processes that replay them. */
const walked = new Map<NetworkName, string>();
const unnoticed: string[] = [];
let traces = 0;
let inputs = 0;

function count(what: string, times: number): void {
  seen.set(what, (seen.get(what) ?? 0) + times);
}

async function check(network: NetworkName): Promise<void> {
  const committee = new Committee(network);
  const options = { seed: Number(values.seed), traces: Number(values.traces), steps: Number(values.steps) };
  const walks = await walk({ network, ...options });
  const text = JSON.stringify(walks);
  const path = join(folder, `${network}.json`);
  writeFileSync(path, text);
  walked.set(network, path);
  for (const trace of walks) {
    const replayed = replay(committee, trace);
    traces += 1;
    inputs += replayed.inputs;
    for (const [what, times] of replayed.seen) count(what, times);
    if (replayed.isForked) count(FORK, 1);
  }
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  console.log(`${network}: ${walks.length} traces agree, digest ${digest}`);
}

/** The machine with the first fault of the table that is seeded into this rule must differ from the model somewhere. */
async function refute(rule: string): Promise<void> {
  const name = MUTANTS.find(({ target }) => target === rule)?.name;
  if (name === undefined) throw new Error(`no fault is seeded into ${rule}`);
  const argv = ['--import', PATCH, REFUTE, ...walked.values()];
  const { stdout } = await run(process.execPath, argv, { env: { ...process.env, MUTANT: name } });
  const difference = JSON.parse(stdout) as string | null;
  console.log(`${rule}, ${name}: ${difference ?? 'PASSES'}`);
  if (difference === null) unnoticed.push(name);
}

/** Works off what is waiting on all cores. */
async function workOff<T>(waiting: T[], work: (item: T) => Promise<void>): Promise<void> {
  const one = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: availableParallelism() }, one));
}

try {
  const names = Object.keys(NETWORKS) as NetworkName[];
  await workOff(
    names.filter((name) => values.network === undefined || name === values.network),
    check,
  );
  await workOff([...RULES], refute);
} finally {
  rmSync(folder, { recursive: true });
}

const wanted = [
  ...RULES.map((rule) => [rule, RULE_TIMES_MIN] as const),
  ...[...SITUATIONS, FORK].map((what) => [what, SITUATION_TIMES_MIN] as const),
];
for (const [what] of wanted) console.log(`${String(seen.get(what) ?? 0).padStart(6)}  ${what}`);
const lacking = wanted.filter(([what, least]) => (seen.get(what) ?? 0) < least);
for (const [what, least] of lacking) console.log(`too seldom, ${least} are wanted: ${what}`);
for (const name of unnoticed) console.log(`passes, though it is wrong: ${name}`);
const seconds = ((performance.now() - beganMs) / 1000).toFixed(1);
console.log(`${traces} traces, ${inputs} inputs: the machine and the model agree, ${seconds} s`);
process.exitCode = lacking.length === 0 && unnoticed.length === 0 ? 0 : 1;
