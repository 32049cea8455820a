/** @module Starts the process of one hunt and reads what it caught. */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Catch, Hunt } from './hunt.ts';

/** A hunt that takes longer has met a mutant that never ends, or one that nobody notices. */
const HUNT_MS = 240_000;
const OUTPUT_BYTES_MAX = 2 ** 24;
const run = promisify(execFile);
const script = (name: string) => fileURLToPath(import.meta.resolve(`./${name}`));
/** All processes share what is compiled: only the mutated files differ. */
const COMPILED = join(tmpdir(), 'atoll-mutants-compiled');

export interface HuntResult {
  readonly caught: Catch | null;
  readonly isEndless: boolean;
  readonly ms: number;
}

/** Looks for the mutant of this name at these places, or runs the source as it is. Throws when the process itself fails. */
export async function huntIn(mutant: string | null, hunt: Hunt): Promise<HuntResult> {
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_COMPILE_CACHE: COMPILED };
  if (mutant !== null) env.MUTANT = mutant;
  const beganMs = performance.now();
  const ms = () => performance.now() - beganMs;
  const argv = ['--import', script('patch.ts'), script('hunt.ts'), JSON.stringify(hunt)];
  try {
    const options = { env, timeout: HUNT_MS, maxBuffer: OUTPUT_BYTES_MAX };
    const { stdout } = await run(process.execPath, argv, options);
    const caught = JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null') as Catch | null;
    return { caught, isEndless: false, ms: ms() };
  } catch (error) {
    if ((error as { killed?: boolean }).killed !== true) throw error;
    return { caught: null, isEndless: true, ms: ms() };
  }
}
