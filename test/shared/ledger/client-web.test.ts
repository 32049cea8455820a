import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../cli/devnet/ports.ts';
import { createDatabase } from '../../../shared/ledger/admin.ts';
import { createLedgerClient } from '../../../shared/ledger/client-web.ts';
import { SqldCluster } from '../../support/sqld.ts';

let cluster: SqldCluster;
const servers: Server[] = [];

beforeAll(async () => {
  cluster = await SqldCluster.start({ adminToken: 'admin-secret' });
});
afterAll(() => cluster.stop());
afterEach(() => {
  for (const server of servers.splice(0)) server.closeAllConnections();
});

const adminOf = (token: string | undefined) => ({ url: cluster.primary.adminUrl ?? '', token }) as const;
const select = [{ sql: 'select 1 as one' }];

/** A server that answers as told; `write` gets the response of each request. */
async function aServer(write: (response: import('node:http').ServerResponse) => void): Promise<string> {
  const server = createServer((_, response) => write(response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('createLedgerClient', () => {
  it('keeps namespaces apart', async () => {
    for (const name of ['one', 'other']) await createDatabase(adminOf('admin-secret'), name);
    const [one, other] = ['one', 'other'].map((name) => cluster.client(cluster.primary, name));
    await one?.write([{ sql: 'create table t (v text)' }, { sql: "insert into t values ('of one')" }]);
    expect(await one?.read([{ sql: 'select v from t' }])).toEqual([[{ v: 'of one' }]]);
    await expect(other?.read([{ sql: 'select v from t' }])).rejects.toMatchObject({
      code: 'LEDGER_MIGRATING',
    });
  });

  it('runs a write batch as a whole or not at all', async () => {
    const client = cluster.client(cluster.primary, 'default');
    await client.write([{ sql: 'create table whole (id integer primary key)' }]);
    const insert = { sql: 'insert into whole values (?)', args: [1n] };
    await expect(client.write([insert, insert])).rejects.toMatchObject({ code: 'LEDGER_CONFLICT' });
    expect(await client.read([{ sql: 'select count(*) as n from whole' }])).toEqual([[{ n: 0n }]]);
  });

  it('gives integers as bigint, exact beyond 2^53', async () => {
    const client = cluster.client(cluster.primary, 'default');
    expect(await client.read([{ sql: 'select 9223372036854775807 as v' }])).toEqual([
      [{ v: 2n ** 63n - 1n }],
    ]);
  });

  it('LEDGER_DATABASE_MISSING: a namespace that nobody made', async () => {
    await expect(cluster.client(cluster.primary, 'nobody').read(select)).rejects.toMatchObject({
      code: 'LEDGER_DATABASE_MISSING',
    });
  });

  it('LEDGER_UNREACHABLE: a port that nobody listens on, and a server that fails', async () => {
    const nobody = createLedgerClient({ url: `http://127.0.0.1:${await freePort()}` });
    await expect(nobody.read(select)).rejects.toMatchObject({ code: 'LEDGER_UNREACHABLE' });
    const failing = createLedgerClient({
      url: await aServer((response) => response.writeHead(502).end('bad gateway')),
    });
    await expect(failing.write(select)).rejects.toMatchObject({ code: 'LEDGER_UNREACHABLE' });
  });

  it('LEDGER_DENIED: a token that the server refuses', async () => {
    const client = createLedgerClient({ url: await aServer((response) => response.writeHead(401).end()) });
    await expect(client.read(select)).rejects.toMatchObject({ code: 'LEDGER_DENIED' });
  });

  it.each([
    ['never answers', () => undefined],
    [
      'stalls within its body',
      (response: import('node:http').ServerResponse) => response.writeHead(200).write('{'),
    ],
  ] as const)('LEDGER_TIMEOUT: a server that %s', async (_, write) => {
    const client = createLedgerClient({ url: await aServer(write), timeoutMs: 100 });
    const started = performance.now();
    await expect(client.read(select)).rejects.toMatchObject({ code: 'LEDGER_TIMEOUT' });
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('ends calls under way when closed', async () => {
    const client = createLedgerClient({ url: await aServer(() => undefined), timeoutMs: 10_000 });
    const call = client.read(select);
    setTimeout(() => client.close(), 50);
    await expect(call).rejects.toMatchObject({ code: 'LEDGER_UNREACHABLE' });
  });
});

describe('createDatabase', () => {
  it('makes a database once, however often it is called', async () => {
    for (let i = 0; i < 2; i++) await createDatabase(adminOf('admin-secret'), 'again');
    expect(await cluster.client(cluster.primary, 'again').read(select)).toEqual([[{ one: 1n }]]);
  });

  it('LEDGER_DENIED: refuses without the secret of the admin API', async () => {
    for (const token of [undefined, 'wrong']) {
      await expect(createDatabase(adminOf(token), 'denied')).rejects.toMatchObject({ code: 'LEDGER_DENIED' });
    }
  });

  it('LEDGER_UNREACHABLE: nobody at the admin port', async () => {
    const admin = { url: `http://127.0.0.1:${await freePort()}`, token: undefined } as const;
    await expect(createDatabase(admin, 'x')).rejects.toMatchObject({ code: 'LEDGER_UNREACHABLE' });
  });
});
