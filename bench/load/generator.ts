/** @module The process that sends. Started once per run by `load.ts`; one job at a time over the IPC channel. */
import { readFile } from 'node:fs/promises';
import { HttpConnection, type RawAnswer, requestBytes } from './http-connection.ts';
import type { FromGenerator, LoadJob, ToGenerator } from './job.ts';

interface Lane {
  readonly connection: HttpConnection;
  readonly requests: readonly Buffer[];
}

let lanes: Lane[] = [];

async function load(job: LoadJob): Promise<void> {
  for (const { connection } of lanes) connection.close();
  const url = new URL(job.url);
  const requests = job.bodiesFile === null ? emptyLanes(url, job) : await readLanes(url, job.bodiesFile);
  const connections = await Promise.all(requests.map(() => HttpConnection.open(url)));
  lanes = connections.map((connection, i) => ({ connection, requests: requests[i] ?? [] }));
  tell({ type: 'loaded' });
}

function emptyLanes(url: URL, { lanes: count, repeat }: LoadJob): Buffer[][] {
  const request = requestBytes(url, null);
  return Array.from({ length: count }, () => Array.from({ length: repeat }, () => request));
}

async function readLanes(url: URL, file: string): Promise<Buffer[][]> {
  const bodies = JSON.parse(await readFile(file, 'utf8')) as string[][];
  return bodies.map((lane) => lane.map((body) => requestBytes(url, body)));
}

async function go(): Promise<void> {
  const started = performance.now();
  await Promise.all(lanes.map(run));
  const ms = performance.now() - started;
  tell({ type: 'done', ms, requests: lanes.reduce((sum, { requests }) => sum + requests.length, 0) });
}

async function run({ connection, requests }: Lane): Promise<void> {
  for (const request of requests) check(await connection.send(request));
}

/** Both servers say `"error":` for each transaction that they refuse, inside an answer of status 200. */
function check({ status, body }: RawAnswer): void {
  if (status >= 300 || body.includes('"error":')) throw new Error(`HTTP ${status}: ${body.slice(0, 400)}`);
}

function tell(message: FromGenerator): void {
  process.send?.(message);
}

process.on('message', (message: ToGenerator) => {
  const work = message.type === 'load' ? load(message) : go();
  work.catch((error: unknown) => tell({ type: 'failed', message: String(error) }));
});
process.on('disconnect', () => process.exit(0));
