/** @module `npm run bench [-- --quick] [-- --name NAME]`: every budget of one node in one run, beside anvil. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLoadGenerator } from './load/load.ts';
import { describeMachine } from './machine.ts';
import {
  chainStartLines,
  fanOutLines,
  latencyLines,
  rowLines,
  syncLines,
  throughputLines,
} from './measure/lines.ts';
import { startAnvil } from './peers/anvil.ts';
import { anvilBinary } from './peers/anvil-binary.ts';
import { startAtoll } from './peers/atoll.ts';
import { type Results, toJson, toMarkdown } from './report.ts';
import { FULL, QUICK, SENDERS } from './sizes.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, name: { type: 'string', default: 'one-node' } },
});
const BLOCK_TIME_MS = 1_000;
const note = (line: string): void => console.error(`bench: ${line}`);
const sizes = values.quick ? QUICK : FULL;
const samples: Record<string, readonly number[]> = {};

const binary = await anvilBinary(note);
const machine = await describeMachine(binary);
note(`${machine.cpu}, ${machine.cores} cores, load ${machine.load_before.toFixed(2)}`);
const run = { sizes, samples, note };

const rows = await rowLines(run);
const sync = await syncLines(run);
const generator = await startLoadGenerator();
const anvil = await startAnvil(binary, BLOCK_TIME_MS / 1_000);
const automine = await startAnvil(binary, null);
const atoll = await startAtoll({ accounts: SENDERS, blockTimeMs: BLOCK_TIME_MS });
const lines = await (async () => {
  try {
    return [
      ...(await throughputLines(run, generator, atoll, anvil)),
      ...(await latencyLines(run, atoll, automine)),
      ...(await chainStartLines(run, atoll)),
      ...(await fanOutLines(run, atoll)),
      ...rows,
      ...sync,
    ];
  } finally {
    await Promise.all([generator.stop(), anvil.stop(), automine.stop(), atoll.stop()]);
  }
})();

const date = new Date().toISOString().slice(0, 10);
const results: Results = { date, quick: values.quick, rounds: sizes.rounds, machine, lines, samples };
const file = join(import.meta.dirname, 'results', `${date}-${values.name}${values.quick ? '-quick' : ''}`);
await mkdir(join(import.meta.dirname, 'results'), { recursive: true });
await writeFile(`${file}.json`, toJson(results));
await writeFile(`${file}.md`, toMarkdown(results));
process.stdout.write(toMarkdown(results));
note(`written to ${file}.md and .json`);
