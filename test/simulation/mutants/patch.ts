/** @module Preloaded into a process: source files are read with a mutant in them. Nothing on disk changes. */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { MUTANTS } from './mutants.ts';

/** The root of the repository. */
export const ROOT = fileURLToPath(import.meta.resolve('../../../'));

/** The files of a mutant with it in them, by path. Throws unless each text to replace occurs exactly once. */
export function mutatedSources(name: string): Map<string, string> {
  const mutant = MUTANTS.find((each) => each.name === name);
  if (mutant === undefined) throw new Error(`no mutant is called ${name}`);
  const sources = new Map<string, string>();
  for (const { file, find, replace } of mutant.patches) {
    const path = `${ROOT}${file}`;
    const parts = (sources.get(path) ?? readFileSync(path, 'utf8')).split(find);
    if (parts.length !== 2) throw new Error(`${name}: the text occurs ${parts.length - 1} times in ${file}`);
    sources.set(path, parts.join(replace));
  }
  return sources;
}

const { MUTANT } = process.env;
if (MUTANT !== undefined) {
  const sources = mutatedSources(MUTANT);
  const byUrl = new Map([...sources].map(([path, source]) => [pathToFileURL(path).href, source]));
  registerHooks({
    load: (url, context, next) => {
      const source = byUrl.get(url);
      return source === undefined
        ? next(url, context)
        : { format: 'module-typescript', source, shortCircuit: true };
    },
  });
}
