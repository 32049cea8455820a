/** @module The folder of a devnet: who it is (genesis and secrets, mode 600), one owner at a time, kept or temporary. */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CliError } from '../errors.ts';

const IDENTITY_FILE = 'devnet.json';
const LOCK_FILE = 'devnet.lock';
const VERSION = 2;

/** Validators that one devnet can have, and as many followers. */
export const NODES_MAX = 10;
/** Names of the nodes of a devnet of this size, which are those of their folders. */
export function nodeNames(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `node${index + 1}`);
}

/** What makes a restarted devnet the same one. */
export interface DevnetIdentity {
  /** Genesis as its JSON document. */
  readonly genesis: unknown;
  /** Ed25519 seed of the validator of each node, 0x-hex, in the order of the genesis. */
  readonly validatorKeys: readonly string[];
  /** Ed25519 seed of the node key of each follower, 0x-hex. A devnet may get more with each start. */
  readonly followerKeys: readonly string[];
  readonly adminToken: string;
}

/** An opened folder. */
export interface StateDirectory {
  readonly path: string;
  readonly temporary: boolean;
  /** What an earlier run left, or null. */
  readonly identity: DevnetIdentity | null;
  save(identity: DevnetIdentity): Promise<void>;
  /** Gives the folder up, and removes it if it is temporary. */
  close(): Promise<void>;
}

/**
 * Opens the folder, or makes a temporary one when `path` is undefined.
 * @throws CliError CONFLICT when another devnet runs on it.
 */
export async function openState(path: string | undefined, reset: boolean): Promise<StateDirectory> {
  const temporary = path === undefined;
  const directory = temporary ? await mkdtemp(join(tmpdir(), 'atoll-devnet-')) : resolve(path);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await lock(directory);
  if (reset) await clear(directory);
  return {
    path: directory,
    temporary,
    identity: await readIdentity(directory),
    save: (identity) => saveIdentity(directory, identity),
    close: () => rm(temporary ? directory : join(directory, LOCK_FILE), { recursive: true, force: true }),
  };
}

async function lock(directory: string): Promise<void> {
  const file = join(directory, LOCK_FILE);
  const owner = Number(await readFile(file, 'utf8').catch(() => ''));
  if (owner > 0 && owner !== process.pid && isAlive(owner)) {
    throw new CliError('conflict', `another devnet (process ${owner}) runs on ${directory}`, {
      hint: 'stop it, or give another --state folder',
    });
  }
  await writeFile(file, String(process.pid));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // there, but not ours
  }
}

/** Removes what a devnet wrote and nothing else: the folder may be one that the user keeps other things in. */
async function clear(directory: string): Promise<void> {
  for (const name of [IDENTITY_FILE, ...nodeNames(2 * NODES_MAX)])
    await rm(join(directory, name), { recursive: true, force: true });
}

async function readIdentity(directory: string): Promise<DevnetIdentity | null> {
  const file = join(directory, IDENTITY_FILE);
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (text === null) return null;
  const { version, ...identity } = JSON.parse(text) as DevnetIdentity & { version: number };
  if (version === VERSION) return { ...identity, followerKeys: identity.followerKeys ?? [] };
  throw new CliError('runtime', `${file} was written by another version of Atoll (${version})`, {
    hint: 'give --reset to start a new chain in this folder, or another --state folder',
  });
}

async function saveIdentity(directory: string, identity: DevnetIdentity): Promise<void> {
  const file = join(directory, IDENTITY_FILE);
  const document = `${JSON.stringify({ version: VERSION, ...identity }, null, 2)}\n`;
  await writeFile(`${file}.new`, document, { mode: 0o600 });
  await rename(`${file}.new`, file); // whole or not at all
}
