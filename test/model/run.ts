/**
 * @module `node test/model/run.ts`: walks the model, checks its invariants, and replays every walk into the real machine.
 * Fails on a difference, and on walks that did not come across what they are for.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { RULES } from '../../shared/protocol/consensus/turn.ts';
import { Committee } from './committee.ts';
import { NETWORKS, type NetworkName, walk } from './quint.ts';
import { replay } from './replay.ts';
import { SITUATIONS } from './replica.ts';

const { values } = parseArgs({
  options: {
    /** Per network. */
    traces: { type: 'string', default: '60' },
    steps: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    network: { type: 'string' },
  },
});

/** A full run that shows less than this of anything tests little. */
const RULE_TIMES_MIN = 20;
const FORK = 'two blocks are final where half of the power is faulty';

const beganMs = performance.now();
const seen = new Map<string, number>();
let traces = 0;
let inputs = 0;

function count(what: string, times: number): void {
  seen.set(what, (seen.get(what) ?? 0) + times);
}

async function check(network: NetworkName): Promise<void> {
  const committee = new Committee(network);
  const options = { seed: Number(values.seed), traces: Number(values.traces), steps: Number(values.steps) };
  for (const trace of await walk({ network, ...options })) {
    const replayed = replay(committee, trace);
    traces += 1;
    inputs += replayed.inputs;
    for (const [what, times] of replayed.seen) count(what, times);
    if (replayed.isForked) count(FORK, 1);
  }
}

const names = Object.keys(NETWORKS) as NetworkName[];
const waiting = names.filter((name) => values.network === undefined || name === values.network);
async function work(): Promise<void> {
  for (let network = waiting.shift(); network !== undefined; network = waiting.shift()) await check(network);
}
await Promise.all(Array.from({ length: availableParallelism() }, work));

const wanted = [
  ...RULES.map((rule) => [rule, RULE_TIMES_MIN] as const),
  ...[...SITUATIONS, FORK].map((what) => [what, 1] as const),
];
for (const [what] of wanted) console.log(`${String(seen.get(what) ?? 0).padStart(6)}  ${what}`);
const lacking = wanted.filter(([what, least]) => (seen.get(what) ?? 0) < least);
for (const [what, least] of lacking) console.log(`too seldom, ${least} are wanted: ${what}`);
const seconds = ((performance.now() - beganMs) / 1000).toFixed(1);
console.log(`${traces} traces, ${inputs} inputs: the machine and the model agree, ${seconds} s`);
process.exitCode = lacking.length === 0 ? 0 : 1;
