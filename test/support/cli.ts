/** @module Runs the real `atoll` command as a process. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../../cli/devnet/bundle.ts';

/** What a run left. */
export interface CliResult {
  /** Exit code, or 128 + n for a signal as shells have it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `atoll` to its end. Settings of the caller's own shell do not reach it. */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ATOLL_'));
  const child = spawn(process.execPath, [join(ROOT, 'cli/atoll.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 128));
  });
  return { code, stdout, stderr };
}
