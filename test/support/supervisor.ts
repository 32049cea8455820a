/** @module Keeps a devnet running on one folder and one port, as an operator's supervisor would, through kill -9. */
import { readFile } from 'node:fs/promises';
import { freePort } from '../../cli/devnet/ports.ts';
import { descendants, startTestDevnet, type TestDevnet, until } from './devnet.ts';

/** What can be killed. */
export type Victim = 'node' | 'primary' | 'replica';

/** A devnet that comes back. */
export interface SupervisedDevnet {
  /** The present life; its ledger's ports change with each. */
  readonly devnet: TestDevnet;
  /** RPC of the node, the same in every life. */
  readonly url: string;
  /** Lives so far. */
  readonly lives: number;
  /** Kill -9; resolves once the process is gone. False if there was no such process. */
  kill(victim: Victim): Promise<boolean>;
  /** Waits until the node has been started again and said so. */
  untilUp(): Promise<void>;
  stop(): Promise<void>;
}

const START_ATTEMPTS = 5;
const UP_MS_MAX = 120_000;

/** Starts the devnet. `onDead` runs between two lives, when nothing writes the folder. */
export async function superviseDevnet(options: {
  readonly stateDir: string;
  readonly logLevel: string;
  readonly onDead: () => Promise<void>;
}): Promise<SupervisedDevnet> {
  const port = await freePort();
  const args = ['--state', options.stateDir, '--port', String(port), '--log-level', options.logLevel];
  let devnet: TestDevnet = await startTestDevnet(args);
  let lives = 1;
  let up = true;
  let stopped = false;
  let failure: unknown;

  const restart = async (): Promise<void> => {
    up = false;
    await options.onDead();
    for (let attempt = 1; !stopped; attempt += 1) {
      try {
        devnet = await startTestDevnet(args);
        lives += 1;
        up = true;
        watch(devnet);
        return;
      } catch (error) {
        if (attempt === START_ATTEMPTS) throw error;
      }
    }
  };
  const watch = (life: TestDevnet): void => {
    void life.ended.then(async () => {
      if (!stopped) await restart().catch((error: unknown) => (failure = error));
    });
  };
  watch(devnet);

  return {
    get devnet() {
      return devnet;
    },
    get lives() {
      return lives;
    },
    url: `http://127.0.0.1:${port}`,
    async kill(victim) {
      const life = devnet;
      const pid = victim === 'node' ? life.ready.nodes[0]?.pid : await sqldPid(life, victim);
      if (pid === undefined) return false;
      if (victim === 'node') up = false;
      process.kill(pid, 'SIGKILL');
      if (victim === 'node') await life.ended;
      return true;
    },
    untilUp: () =>
      until(
        'the next life of the devnet',
        () => {
          if (failure !== undefined) throw failure;
          return up;
        },
        UP_MS_MAX,
      ),
    async stop() {
      stopped = true;
      await devnet.stop();
    },
  };
}

/** The server's process below the devnet; undefined while it is being started again. */
async function sqldPid(devnet: TestDevnet, role: 'primary' | 'replica'): Promise<number | undefined> {
  for (const pid of await descendants(devnet.process.pid ?? 0)) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!/(^|\/)sqld\0/.test(command)) continue;
    if (command.includes('--primary-grpc-url') === (role === 'replica')) return pid;
  }
  return undefined;
}
