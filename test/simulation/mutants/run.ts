/**
 * @module `node test/simulation/mutants/run.ts`: every mutant applies, compiles, and is caught by the invariant and at the
 * place that `catches.json` names; the source without a mutant holds at all these places. Prints the kill table. `--only
 * <text>` takes mutants whose name contains it. `--hunt` looks for all of them on every ground and rewrites `catches.json`;
 * `--grounds <names>` looks on these alone and writes nothing: it shows what a ground is worth.
 */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { type Entry, readCatches, writeCatches } from './catches.ts';
import { compileAll } from './compile.ts';
import { GROUNDS, type GroundName } from './grounds.ts';
import type { Catch, Place } from './hunt.ts';
import { huntIn } from './hunter.ts';
import type { Mutant } from './mutant.ts';
import { MUTANTS } from './mutants.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    hunt: { type: 'boolean', default: false },
    /** Names with commas between them. */
    grounds: { type: 'string' },
    /** Of each ground in a hunt. */
    seeds: { type: 'string', default: '20' },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
});

const beganMs = performance.now();
const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));
const known = readCatches();
const found = new Map<string, Entry>();
const alive: string[] = [];
const moved: string[] = [];
const broken: Catch[] = [];
const isHunt = values.hunt || values.grounds !== undefined;

function groundNames(): GroundName[] {
  const names = Object.keys(GROUNDS) as GroundName[];
  const wanted = values.grounds?.split(',');
  if (wanted === undefined) return names;
  const unknown = wanted.filter((name) => !(name in GROUNDS));
  if (unknown.length > 0) throw new Error(`no ground is called ${unknown}; there are ${names}`);
  return names.filter((name) => wanted.includes(name));
}

/** Every ground on the first seed, then every ground on the next one. */
function everywhere(): Place[] {
  const grounds = groundNames();
  const seeds = Array.from({ length: Number(values.seeds) }, (_, index) => index + 1);
  return seeds.flatMap((seed) => grounds.map((ground) => ({ ground, seed })));
}

function row(...cells: string[]): void {
  const widths = [52, 11, 34, 20];
  console.log(cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' '));
}

async function look({ name, target }: Mutant): Promise<void> {
  const entry = known.get(name);
  const { caught, isEndless, ms } = await huntIn(name, isHunt ? everywhere() : entry ? [entry] : []);
  const seconds = `${(ms / 1_000).toFixed(1)} s`;
  if (caught === null) {
    alive.push(name);
    row(name, target, isEndless ? 'ALIVE, and does not end' : 'ALIVE', '', seconds);
    return;
  }
  const { ground, seed, invariant } = caught;
  found.set(name, { ground, seed, invariant });
  if (!isHunt && invariant !== entry?.invariant) moved.push(name);
  row(name, target, invariant, `${ground} ${seed}`, seconds);
}

/** Where mutants were caught in this run, each place once. */
function places(): Place[] {
  const unique = new Map(
    [...found.values()].map(({ ground, seed }) => [`${ground} ${seed}`, { ground, seed }]),
  );
  return [...unique.values()];
}

/** The source as it is, at one place. */
async function control(place: Place): Promise<void> {
  const { caught } = await huntIn(null, [place]);
  if (caught !== null) broken.push(caught);
}

/** Works off what is waiting, `jobs` at once. */
async function workOff<T>(waiting: T[], work: (item: T) => Promise<void>): Promise<void> {
  const one = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, one));
}

await compileAll(chosen);
row('mutant', 'breaks', 'caught by', 'ground and seed', 'time');
await workOff([...chosen], look);
const controlled = places();
await workOff([...controlled], control);
if (values.hunt && values.grounds === undefined) writeCatches(MUTANTS, new Map([...known, ...found]));

for (const name of moved)
  console.log(`caught by another invariant than ${known.get(name)?.invariant}: ${name}`);
for (const name of alive) console.log(`alive: ${name}`);
if (!isHunt && alive.length + moved.length > 0)
  console.log('catches.json is not true any more: mend the test that has lost it, or look again with --hunt');
for (const { ground, seed, invariant, detail } of broken)
  console.log(`without a mutant, ${ground} ${seed} breaks ${invariant}: ${detail}`);
const seconds = ((performance.now() - beganMs) / 1_000).toFixed(0);
console.log(`without a mutant: ${controlled.length} grounds and seeds, ${broken.length} broken`);
console.log(`${chosen.length - alive.length} of ${chosen.length} mutants caught, ${seconds} s`);
process.exitCode = alive.length === 0 && moved.length === 0 && broken.length === 0 ? 0 : 1;
