/**
 * @module The process of one devnet node: its sqld, its replicas and its workerd live and die with it.
 * The parent speaks over the IPC channel; when that closes the parent is gone and the node stops by itself.
 */
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBundle, openBundle } from './bundle.ts';
import { type LedgerPorts, type LocalLedger, startLedger } from './ledger.ts';
import { type LocalNode, startNode } from './node.ts';

/** What the parent sends first. */
export interface HostConfig {
  readonly name: string;
  /** Folder of everything that the node keeps. */
  readonly directory: string;
  /** RPC port, 0 for a free one. */
  readonly port: number;
  /** Ports of the ledger of an earlier run. */
  readonly ledgerPorts?: Readonly<Record<string, LedgerPorts>>;
  /** Bundle to run; absent: that of the sources as they are. */
  readonly bundleId?: string;
  /** Regions that get a ledger replica. */
  readonly regions: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Folder to remove if the parent dies without a word: nobody else would. Nodes may share it; the last one empties it. */
  readonly removeWhenOrphaned: string | null;
}

/** What the host answers once the Worker's socket is open. */
export interface HostReady {
  readonly type: 'ready';
  readonly url: string;
  readonly ledger: { readonly primary: string; readonly replicas: Readonly<Record<string, string>> };
  readonly ledgerPorts: Readonly<Record<string, LedgerPorts>>;
}

/** The host could not start. */
export interface HostFailed {
  readonly type: 'failed';
  readonly message: string;
}

/** After this the host leaves even if something does not stop; what it started dies with it. */
const STOP_TIMEOUT_MS = 4_000;

let node: LocalNode | undefined;
let ledger: LocalLedger | undefined;
let config: HostConfig | undefined;
let stopping = false;

async function start(received: HostConfig): Promise<void> {
  config = received;
  await mkdir(config.directory, { recursive: true });
  const log = createWriteStream(join(config.directory, 'node.log'), { flags: 'a', mode: 0o600 });
  log.on('error', (error) =>
    console.error(`the log of ${received.name} cannot be written: ${error.message}`),
  );
  const onLog = (line: string): void => void log.write(`${line}\n`);
  const [bundle, started] = await Promise.all([
    config.bundleId === undefined ? loadBundle() : openBundle(config.bundleId),
    startLedger({
      directory: join(config.directory, 'ledger'),
      regions: config.regions,
      ...(config.ledgerPorts === undefined ? {} : { ports: config.ledgerPorts }),
      onRestart: (message) => console.error(`${received.name}: ${message}`),
    }),
  ]);
  ledger = started;
  node = await startNode({
    bundle,
    port: config.port,
    persistDir: join(config.directory, 'objects'),
    env: { ...config.env, ...ledger.env },
    onLog,
  });
  const { primary, replicas, ports } = ledger;
  send({ type: 'ready', url: node.url, ledger: { primary, replicas }, ledgerPorts: ports });
}

async function fail(error: unknown): Promise<void> {
  if (stopping) return;
  send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  await stop(1);
}

async function stop(code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  setTimeout(() => process.exit(code), STOP_TIMEOUT_MS);
  // The Worker first: its last drain may still need the ledger.
  await node?.stop().catch((error: unknown) => console.error('workerd did not stop:', error));
  await ledger?.stop().catch((error: unknown) => console.error('sqld did not stop:', error));
  const orphan = process.connected ? null : (config?.removeWhenOrphaned ?? null);
  if (orphan !== null) await removeShared(orphan);
  process.exit(code);
}

/** Another node of the same devnet may still write there: then it comes here after us and removes the rest. */
async function removeShared(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }).catch(() => undefined);
}

function send(message: HostReady | HostFailed): void {
  if (process.connected) process.send?.(message);
}

process.on('message', (message: { type: 'start'; config: HostConfig } | { type: 'stop' }) => {
  if (message.type === 'start') void start(message.config).catch(fail);
  else void stop(0);
});
process.on('disconnect', () => void stop(0));
// The terminal may be gone before this process; what it says then is lost, not fatal.
process.stderr.on('error', () => undefined);
process.on('SIGTERM', () => void stop(0));
// Ctrl-C is for the parent, which tells this process when to stop.
process.on('SIGINT', () => undefined);
