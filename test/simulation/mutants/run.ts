/**
 * @module `node test/simulation/mutants/run.ts`: every mutant applies, compiles, and is caught by a named invariant; the
 * source without a mutant holds on all the same grounds and seeds. Prints the kill table. `--only <text>` takes those whose
 * name contains it. A mutant that is not caught where `catches.json` says is looked for everywhere; `--record` notes where.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Catches } from './catches.ts';
import { compileAll } from './compile.ts';
import type { Catch, Place } from './hunt.ts';
import { type HuntResult, huntIn } from './hunter.ts';
import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    /** Seeds of each ground for a mutant that is not where it was. */
    seeds: { type: 'string', default: '40' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    record: { type: 'boolean', default: false },
    'skip-types': { type: 'boolean', default: false },
  },
});

const beganMs = performance.now();
const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
const catches = new Catches();
const seeds = Number(values.seeds);
const jobs = Number(values.jobs);
const alive: string[] = [];
const broken: Catch[] = [];

function row(...cells: string[]): void {
  const widths = [52, 11, 28, 18];
  console.log(cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' '));
}

async function hunt({ name, target }: Mutant): Promise<void> {
  const known = catches.of(name);
  const result: HuntResult = await huntIn(name, { places: known === null ? [] : [known], seeds });
  const seconds = `${(result.ms / 1_000).toFixed(1)} s`;
  if (result.caught === null) {
    alive.push(name);
    row(name, target, result.isEndless ? 'ALIVE, and does not end' : 'ALIVE', '', seconds);
    return;
  }
  const { ground, seed, invariant } = result.caught;
  const isElsewhere = known !== null && (known.ground !== ground || known.seed !== seed);
  row(name, target, invariant, `${ground} ${seed}`, `${seconds}${isElsewhere ? ', not where it was' : ''}`);
  catches.note(name, result.caught);
  if (values.record) catches.write();
}

/** The source as it is, on every ground and seed that catches a mutant. */
async function control(places: readonly Place[]): Promise<void> {
  const { caught } = await huntIn(null, { places, seeds: 0 });
  if (caught !== null) broken.push(caught);
}

/** Runs what is waiting, `jobs` at once. */
async function runAll(waiting: (() => Promise<void>)[]): Promise<void> {
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next();
  };
  await Promise.all(Array.from({ length: jobs }, work));
}

if (!values['skip-types']) await compileAll(chosen);
row('mutant', 'breaks', 'caught by', 'ground and seed', 'time');
await runAll(chosen.map((mutant) => () => hunt(mutant)));
const places = catches.places(chosen);
await runAll(
  Array.from({ length: jobs }, (_, job) => () => control(places.filter((_, at) => at % jobs === job))),
);

for (const { ground, seed, invariant, detail } of broken)
  console.log(`without a mutant, ${ground} ${seed} breaks ${invariant}: ${detail}`);
const seconds = ((performance.now() - beganMs) / 1_000).toFixed(0);
console.log(`without a mutant: ${places.length} grounds and seeds, ${broken.length} broken`);
console.log(`${chosen.length - alive.length} of ${chosen.length} mutants caught, ${seconds} s`);
process.exitCode = alive.length === 0 && broken.length === 0 ? 0 : 1;
