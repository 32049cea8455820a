/** @module Starts and stops the process of a node from the devnet's side. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from './bundle.ts';
import type { HostConfig, HostFailed, HostReady } from './node-host.ts';

/** A first start builds the Worker; on a busy machine with a cold disk that takes most of this. */
const READY_TIMEOUT_MS = 90_000;
/** Longer than the host's own limit, so that a kill from here is the last resort. */
const STOP_TIMEOUT_MS = 6_000;

/** A node's process. */
export interface Host {
  readonly name: string;
  readonly pid: number;
  readonly ready: Promise<HostReady>;
  /** Resolves when the process is gone, with the way it ended in words. */
  readonly exited: Promise<string>;
  /** Freezes the host and all that it started, as SIGSTOP does, and lets them go on. */
  freeze(): void;
  thaw(): void;
  /** Asks the process to stop, and kills it when it does not. Idempotent. */
  stop(): Promise<void>;
}

/** Starts the process of one node. `ready` rejects with the host's own words when it cannot start. */
export async function spawnHost(config: HostConfig): Promise<Host> {
  const temporary = join(config.directory, 'tmp');
  await rm(temporary, { recursive: true, force: true }); // of a run that was killed
  await mkdir(temporary, { recursive: true });
  const child = spawnTied(config.name, temporary);
  const { pid } = child;
  if (pid === undefined) throw new Error(`the process of ${config.name} did not start`);
  const exited = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `signal ${signal}`));
  });
  const ready = new Promise<HostReady>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${config.name} was not ready in ${READY_TIMEOUT_MS / 1000} s`)),
      READY_TIMEOUT_MS,
    );
    child.on('message', (message: HostReady | HostFailed) => {
      clearTimeout(timer);
      if (message.type === 'ready') resolve(message);
      else reject(new Error(`${config.name}: ${message.message}`));
    });
    void exited.then((how) => {
      clearTimeout(timer);
      reject(new Error(`${config.name} ended before it was ready (${how})`));
    });
  });
  ready.catch(() => undefined); // whoever awaits it sees the error; nobody else needs to
  child.send({ type: 'start', config });
  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    signalGroup(pid, 'SIGCONT'); // a frozen process hears nothing else
    if (child.connected) child.send({ type: 'stop' });
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await exited;
    clearTimeout(timer);
  };
  return {
    name: config.name,
    pid,
    ready,
    exited,
    freeze: () => signalGroup(pid, 'SIGSTOP'),
    thaw: () => signalGroup(pid, 'SIGCONT'),
    stop: () => (stopped ??= stop()),
  };
}

/**
 * Detached: a Ctrl-C in the terminal must reach the devnet only, which then stops its nodes in order; and the host, its
 * workerd and its sqld are a process group of their own. When the devnet dies without a word, the closed channel tells the
 * host, for which a frozen one has to be woken: by the parent-death signal, where the kernel has one.
 */
function spawnTied(name: string, temporary: string): ChildProcess {
  const command = [process.execPath, join(import.meta.dirname, 'node-host.ts'), name];
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
  if (process.platform === 'linux' && setpriv !== undefined) command.unshift(setpriv, '--pdeathsig', 'CONT');
  const [file = process.execPath, ...args] = command;
  return spawn(file, args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, TMPDIR: temporary, NODE_COMPILE_CACHE: join(ROOT, '.atoll/compile-cache') },
  });
}

function signalGroup(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // gone meanwhile: `exited` tells
  }
}
