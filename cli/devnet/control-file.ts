/** @module Where a running devnet listens for orders: a file of mode 600, since whoever reads it may give them. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError } from '../errors.ts';
import { ROOT } from './bundle.ts';

const CONTROL_FILE = 'control.json';
/** That of the devnet which was started last from this installation. */
const LAST_FILE = join(ROOT, '.atoll', 'devnet-control.json');

/** What the file holds. */
export interface ControlAddress {
  readonly url: string;
  readonly token: string;
  /** Of the devnet. */
  readonly pid: number;
}

/** Writes the file into the state folder, and that of the last devnet. The answer removes both. */
export async function publishControl(
  stateDir: string,
  address: ControlAddress,
): Promise<() => Promise<void>> {
  const own = join(stateDir, CONTROL_FILE);
  for (const file of [own, LAST_FILE]) await writeWhole(file, `${JSON.stringify(address)}\n`);
  return async () => {
    await rm(own, { force: true });
    const last = await read(LAST_FILE);
    if (last?.token === address.token) await rm(LAST_FILE, { force: true });
  };
}

/** Finds the devnet on a state folder, or the one that was started last. @throws CliError not_found when there is none. */
export async function findControl(stateDir: string | undefined): Promise<ControlAddress> {
  const address = await read(stateDir === undefined ? LAST_FILE : join(stateDir, CONTROL_FILE));
  if (address !== null) return address;
  throw stateDir === undefined
    ? new CliError('not_found', 'no devnet was started here', {
        hint: 'start one with "atoll devnet", or name its folder with --state',
      })
    : new CliError('not_found', `no devnet runs on ${stateDir}`, {
        hint: `start one with "atoll devnet --state ${stateDir}"`,
      });
}

async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(temporary, text, { mode: 0o600 });
  await rename(temporary, file);
}

async function read(file: string): Promise<ControlAddress | null> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  return text === null ? null : (JSON.parse(text) as ControlAddress);
}
