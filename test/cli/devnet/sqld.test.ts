import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isFree } from '../../../cli/devnet/ports.ts';
import { type Sqld, startSqld } from '../../../cli/devnet/sqld.ts';
import { createLedgerClient } from '../../../shared/ledger/client-web.ts';

let dir: string;
const running: Sqld[] = [];

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'atoll-sqld-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  await rm(dir, { recursive: true, force: true });
});

async function start(options: Partial<Parameters<typeof startSqld>[0]> = {}): Promise<Sqld> {
  const server = await startSqld({ dir: join(dir, 'data'), role: 'primary', ...options });
  running.push(server);
  return server;
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** A script that starts a server, prints its pid and url, and stays. */
const HOST = (data: string) => `
import { startSqld } from ${JSON.stringify(join(import.meta.dirname, '../../../cli/devnet/sqld.ts'))};
const server = await startSqld({ dir: ${JSON.stringify(data)}, role: 'primary' });
console.log(JSON.stringify({ pid: server.pid, url: server.url }));
setInterval(() => {}, 1000);`;

describe('startSqld', () => {
  it('keeps its rows over a stop, and starts again on the same ports', async () => {
    const first = await start();
    const client = createLedgerClient({ url: first.url, namespace: 'default' });
    await client.write([{ sql: 'create table kept (v text)' }, { sql: "insert into kept values ('row')" }]);
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const again = await start(first.options);
    expect(again.url).toBe(first.url);
    expect(await client.read([{ sql: 'select v from kept' }])).toEqual([[{ v: 'row' }]]);
  });

  it('stops in bounded time, also when it is asked twice', async () => {
    const server = await start();
    const started = performance.now();
    await Promise.all([server.stop(), server.stop()]);
    await server.exited;
    expect(performance.now() - started).toBeLessThan(5_000);
    expect(await isFree(Number(new URL(server.url).port))).toBe(true);
  });

  it('dies with its parent, even one that is killed', async () => {
    const host = spawn(
      process.execPath,
      ['--input-type=module-typescript', '-e', HOST(join(dir, 'orphan'))],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const [line] = (await once(host.stdout, 'data')) as [Buffer];
    const { pid, url } = JSON.parse(line.toString()) as { pid: number; url: string };
    expect(isAlive(pid)).toBe(true);
    host.kill('SIGKILL');
    await expect.poll(() => isFree(Number(new URL(url).port)), { timeout: 2_000 }).toBe(true);
  });

  it('encrypts its data when given a key', async () => {
    const server = await start({ encryptionKey: 'a key of the devnet' });
    const client = createLedgerClient({ url: server.url, namespace: 'default' });
    await client.write([
      { sql: 'create table t (v text)' },
      { sql: "insert into t values ('marker-of-the-test')" },
    ]);
    await server.stop();
    const names = await readdir(join(dir, 'data'), { recursive: true, withFileTypes: true });
    const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.some((file) => file.endsWith('/data'))).toBe(true);
    for (const file of files) expect((await readFile(file)).includes('marker-of-the-test'), file).toBe(false);
  });

  it('fails with the words of the server when it cannot start', async () => {
    await expect(start({ role: 'replica' })).rejects.toThrow(/primaryGrpcUrl/);
    const taken = await start();
    const port = Number(new URL(taken.url).port);
    await expect(start({ dir: join(dir, 'other'), httpPort: port })).rejects.toThrow(/in use/i);
  });
});
