/** @module Preloaded into a process: one source file is read with a mutant in it. Nothing on disk changes. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MUTANTS } from './mutants.ts';

/** The root of the repository. */
export const ROOT = fileURLToPath(import.meta.resolve('../../../'));

/** The source of a file with a mutant in it. Throws unless the text to replace occurs exactly once. */
export function mutatedSource(name: string): { path: string; source: string } {
  const mutant = MUTANTS.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`no mutant is called ${name}`);
  const path = `${ROOT}${mutant.file}`;
  const parts = readFileSync(path, 'utf8').split(mutant.find);
  if (parts.length !== 2)
    throw new Error(`${name}: the text occurs ${parts.length - 1} times in ${mutant.file}`);
  return { path, source: parts.join(mutant.replace) };
}

const { MUTANT } = process.env;
if (MUTANT !== undefined) {
  const { path, source } = mutatedSource(MUTANT);
  const target = pathToFileURL(path).href;
  registerHooks({
    load: (url, context, next) =>
      url === target ? { format: 'module-typescript', source, shortCircuit: true } : next(url, context),
  });
}
