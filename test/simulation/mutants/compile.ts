/** @module Type-checks every mutant in one compilation: copies of the changed files whose imports lead back to the real ones. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Mutant } from './mutant.ts';
import { mutatedSources, ROOT } from './patch.ts';

const run = promisify(execFile);

/** Throws with the output of the compiler unless each mutant applies and compiles. */
export async function compileAll(mutants: readonly Mutant[]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'mutants-'));
  try {
    for (const [index, { name }] of mutants.entries()) {
      for (const [part, [path, source]] of [...mutatedSources(name)].entries()) {
        const moved = source.replaceAll(
          /from '(\.[^']+)'/g,
          (_, from) => `from '${join(dirname(path), from)}'`,
        );
        writeFileSync(join(folder, `mutant-${index}-${part}.ts`), moved);
      }
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
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    throw new Error(`a mutant does not compile: ${stdout ?? ''}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
