/**
 * @module `node test/simulation/mutants/run.ts`: every mutant applies, compiles, and is caught by a named invariant.
 * `--only <text>` takes those whose name contains it. The unpatched source must pass the same seeds.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { MUTANTS } from './mutants.ts';
import { mutatedSource, ROOT } from './patch.ts';

const run = promisify(execFile);
const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seeds: { type: 'string', default: '100' },
    heights: { type: 'string', default: '20' },
    'skip-types': { type: 'boolean', default: false },
  },
});
const HUNT_MS = 300_000;
const chosen = MUTANTS.filter(({ name }) => name.includes(values.only));

/** All mutants in one compilation: copies whose imports lead back to the real files. */
async function checkTypes(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  try {
    for (const [index, { name }] of chosen.entries()) {
      const { path, source } = mutatedSource(name);
      const moved = source.replaceAll(
        /from '(\.[^']+)'/g,
        (_, from) => `from '${join(dirname(path), from)}'`,
      );
      writeFileSync(join(folder, `mutant-${index}.ts`), moved);
    }
    const config = {
      extends: `${ROOT}tsconfig.json`,
      compilerOptions: {
        types: [`${ROOT}node_modules/@cloudflare/workers-types`, `${ROOT}node_modules/@types/node`],
        noUnusedLocals: false,
        noUnusedParameters: false,
      },
      include: ['*.ts'],
    };
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    await run(process.execPath, [`${ROOT}node_modules/typescript/bin/tsc`, '-p', folder]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function hunt(
  mutant: string | null,
): Promise<{ seed: number | null; violation?: string; detail?: string }> {
  const folder = dirname(fileURLToPath(import.meta.url));
  const env = { ...process.env };
  if (mutant !== null) env.MUTANT = mutant;
  try {
    const preload = ['--import', join(folder, 'patch.ts')];
    const argv = [...preload, join(folder, 'hunt.ts'), values.seeds, values.heights];
    const { stdout } = await run(process.execPath, argv, { env, timeout: HUNT_MS, maxBuffer: 2 ** 24 });
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}');
  } catch (error) {
    // Only a machine that never ends counts as caught; a process that fails says nothing about the mutant.
    const isEndless = (error as { killed?: boolean }).killed === true;
    if (isEndless) return { seed: 0, violation: 'does_not_end' };
    throw error;
  }
}

if (!values['skip-types']) await checkTypes();
const clean = await hunt(null);
console.log(clean.seed === null ? 'unpatched: green' : `unpatched: ${clean.violation} ${clean.detail}`);
let caught = 0;
for (const { name } of chosen) {
  const { seed, violation } = await hunt(name);
  if (seed !== null) caught++;
  console.log(seed === null ? `ALIVE   ${name}` : `caught  ${name}: ${violation} (seed ${seed})`);
}
console.log(`${caught} of ${chosen.length} mutants caught`);
process.exitCode = caught === chosen.length && clean.seed === null ? 0 : 1;
