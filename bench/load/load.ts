/** @module The load generator as the measuring process sees it. */
import { type ChildProcess, fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FromGenerator, LoadDone, ToGenerator } from './job.ts';

/** A round that is ready to go. */
export interface Round {
  /** Sends everything; resolves with the last answer. */
  go(): Promise<LoadDone>;
}

/** A generator in a process of its own. */
export interface LoadGenerator {
  /** Bodies per connection, each sent one after the other. */
  post(url: string, lanes: readonly (readonly string[])[]): Promise<Round>;
  /** The same GET again and again. */
  get(url: string, lanes: number, repeat: number): Promise<Round>;
  stop(): Promise<void>;
}

/** Starts the process. */
export async function startLoadGenerator(): Promise<LoadGenerator> {
  const directory = await mkdtemp(join(tmpdir(), 'atoll-bench-'));
  const bodiesFile = join(directory, 'bodies.json');
  const child = fork(join(import.meta.dirname, 'generator.ts'), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const prepare = async (job: ToGenerator): Promise<Round> => {
    await ask(child, job, 'loaded');
    return { go: async () => (await ask(child, { type: 'go' }, 'done')) as LoadDone };
  };
  return {
    async post(url, lanes) {
      await writeFile(bodiesFile, JSON.stringify(lanes));
      return await prepare({ type: 'load', url, bodiesFile, lanes: lanes.length, repeat: 1 });
    },
    get: (url, lanes, repeat) => prepare({ type: 'load', url, bodiesFile: null, lanes, repeat }),
    async stop() {
      if (child.connected) child.disconnect();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function ask(
  child: ChildProcess,
  message: ToGenerator,
  answer: FromGenerator['type'],
): Promise<FromGenerator> {
  return new Promise((resolve, reject) => {
    const onExit = () => reject(new Error('the load generator ended'));
    child.once('exit', onExit);
    child.once('message', (reply: FromGenerator) => {
      child.off('exit', onExit);
      if (reply.type === answer) resolve(reply);
      else reject(new Error(reply.type === 'failed' ? reply.message : `unexpected ${reply.type}`));
    });
    child.send(message);
  });
}
