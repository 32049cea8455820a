/** @module The real `atoll devnet --json` as a process of its own, and the processes under it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ReadyLine } from '../../cli/devnet/banner.ts';
import { ROOT } from '../../cli/devnet/bundle.ts';

const READY_TIMEOUT_MS = 60_000;

/** A devnet process. */
export interface TestDevnet {
  readonly ready: ReadyLine;
  readonly process: ChildProcess;
  /** All of stdout so far. */
  stdout(): string;
  stderr(): string;
  /** Exit code or signal of the process. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** SIGINT, and waits for the end. */
  stop(): Promise<number | NodeJS.Signals>;
}

/**
 * Starts `atoll devnet --json --port 0` with more arguments, and waits for its ready line. One node unless `--nodes` says
 * otherwise: most tests are about what a node does.
 */
export async function startTestDevnet(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<TestDevnet> {
  const nodes = args.includes('--nodes') ? [] : ['--nodes', '1'];
  const command = [join(ROOT, 'cli/atoll.js'), 'devnet', '--json', '--port', '0', ...nodes, ...args];
  const child = spawn(process.execPath, command, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (output.stderr += String(chunk)));
  const ended = new Promise<number | NodeJS.Signals>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal ?? code ?? 0));
  });
  const line = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ready line:\n${output.stderr}`)), READY_TIMEOUT_MS);
    createInterface(child.stdout).once('line', (text) => {
      clearTimeout(timer);
      resolve(text);
    });
    void ended.then((how) => {
      clearTimeout(timer);
      reject(new Error(`the devnet ended (${how}):\n${output.stderr}`));
    });
  }).catch((error: unknown) => {
    child.kill('SIGTERM');
    throw error;
  });
  return {
    ready: JSON.parse(line) as ReadyLine,
    process: child,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    ended,
    stop: async () => {
      child.kill('SIGINT');
      return await ended;
    },
  };
}

/** Ids of all processes below `pid`, at any depth. Linux only, as the tests that use it. */
export async function descendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const parent = /\) \S (\d+)/.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const found = new Set([pid]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const [child, parent] of parents) if (found.has(parent)) found.add(child);
  }
  found.delete(pid);
  return [...found];
}

/** True while the process exists and is no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat !== '' && !/\) Z /.test(stat);
}

/** Polls until `done` holds. @throws Error naming `what` after the time. */
export async function until(
  what: string,
  done: () => Promise<boolean> | boolean,
  ms: number = 10_000,
): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`${what} did not happen within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
