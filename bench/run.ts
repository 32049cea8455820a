/**
 * @module `npm run bench -- [--quick] [--only rows|sync|load] [--name NAME]`: every budget of one node in one run, those of
 * load beside anvil.
 */
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
import { type Line, type Results, toJson, toMarkdown } from './report.ts';
import { FULL, QUICK, SENDERS } from './sizes.ts';

const PARTS = ['rows', 'sync', 'load'] as const;
const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    name: { type: 'string' },
  },
});
const BLOCK_TIME_MS = 1_000;
const note = (line: string): void => console.error(`bench: ${line}`);
const parts = PARTS.filter((part) => values.only === undefined || values.only === part);
if (parts.length === 0) throw new Error(`--only takes one of ${PARTS.join(', ')}`);
const sizes = values.quick ? QUICK : FULL;
const samples: Record<string, readonly number[]> = {};

const binary = parts.includes('load') ? await anvilBinary(note) : null;
const machine = await describeMachine(binary);
note(`${machine.cpu}, ${machine.cores} cores, load ${machine.load_before.toFixed(2)}`);
const run = { sizes, samples, note };

const rows = parts.includes('rows') ? await rowLines(run) : [];
const sync = parts.includes('sync') ? await syncLines(run) : [];
const lines = [...(binary === null ? [] : await loadLines(binary)), ...rows, ...sync];

const date = new Date().toISOString().slice(0, 10);
const results: Results = { date, quick: values.quick, rounds: sizes.rounds, machine, lines, samples };
const name = `${date}-${values.name ?? values.only ?? 'one-node'}${values.quick ? '-quick' : ''}`;
const file = join(import.meta.dirname, 'results', name);
await mkdir(join(import.meta.dirname, 'results'), { recursive: true });
await writeFile(`${file}.json`, toJson(results));
await writeFile(`${file}.md`, toMarkdown(results));
process.stdout.write(toMarkdown(results));
note(`written to ${file}.md and .json`);

/** What is measured beside anvil. */
async function loadLines(anvilAt: string): Promise<Line[]> {
  const generator = await startLoadGenerator();
  const anvil = await startAnvil(anvilAt, BLOCK_TIME_MS / 1_000);
  const automine = await startAnvil(anvilAt, null);
  const atoll = await startAtoll({ accounts: SENDERS, blockTimeMs: BLOCK_TIME_MS });
  try {
    return [
      ...(await throughputLines(run, generator, atoll, anvil)),
      ...(await latencyLines(run, atoll, automine)),
      ...(await chainStartLines(run, atoll)),
      ...(await fanOutLines(run, atoll)),
    ];
  } finally {
    await Promise.all([generator.stop(), anvil.stop(), automine.stop(), atoll.stop()]);
  }
}
