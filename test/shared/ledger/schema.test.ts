import { getTableColumns, getTableName } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerClient } from '../../../shared/ledger/client-web.ts';
import { migrateLedger, SCHEMA_VERSION } from '../../../shared/ledger/migrate.ts';
import { MIGRATIONS, type Migration } from '../../../shared/ledger/migrations.ts';
import { runQuery } from '../../../shared/ledger/query.ts';
import { readBlock } from '../../../shared/ledger/read-blocks.ts';
import { LEDGER_TABLES } from '../../../shared/ledger/schema.ts';
import { SqldCluster } from '../../support/sqld.ts';

let cluster: SqldCluster;
let databases = 0;

beforeAll(async () => {
  cluster = await SqldCluster.start();
});
afterAll(() => cluster.stop());

const aDatabase = (): Promise<LedgerClient> => cluster.database(`schema-${databases++}`);
const next: Migration = {
  version: SCHEMA_VERSION + 1,
  name: '9999_next',
  sha256: 'f'.repeat(64),
  statements: ['create table next (id integer)'],
};

describe('the drizzle schema', () => {
  it('has the tables and columns that the migrations make', async () => {
    const client = await aDatabase();
    await migrateLedger(client);
    const [tables = []] = await client.read([
      {
        sql: "select name from sqlite_master where type = 'table' and name not like 'libsql_%' order by name",
      },
    ]);
    expect(LEDGER_TABLES.map((table) => getTableName(table)).sort()).toEqual(tables.map((row) => row.name));
    for (const table of LEDGER_TABLES) {
      const [rows = []] = await client.read([
        { sql: `select * from pragma_table_info('${getTableName(table)}')` },
      ]);
      const inDatabase = rows.map(({ name, type, notnull }) => ({
        name,
        type: String(type).toLowerCase(),
        required: Number(notnull) === 1,
      }));
      const keys = rows.filter(({ pk }) => Number(pk) > 0).map(({ name }) => name);
      const inSchema = Object.values(getTableColumns(table)).map((column) => ({
        name: column.name,
        type: column.getSQLType(),
        // SQLite reports an integer primary key as nullable, and means the rowid.
        required: column.notNull && !(column.primary && keys.length === 1),
      }));
      expect(inSchema, getTableName(table)).toEqual(inDatabase);
    }
  });

  it('refuses values of the wrong type', async () => {
    const client = await aDatabase();
    await migrateLedger(client);
    const insert = "insert into validators values (1, 'k', 'h', 'o', 'n', 'not a number')";
    await expect(client.write([{ sql: insert }])).rejects.toMatchObject({ code: 'LEDGER_FAILED' });
  });
});

describe('migrateLedger', () => {
  it('brings an empty database to the newest version, and does nothing the second time', async () => {
    const client = await aDatabase();
    expect(await migrateLedger(client)).toEqual(MIGRATIONS.map(({ version }) => version));
    expect(await migrateLedger(client)).toEqual([]);
  });

  it('goes on from any older version', async () => {
    for (let known = 0; known <= MIGRATIONS.length; known++) {
      const client = await aDatabase();
      await migrateLedger(client, MIGRATIONS.slice(0, known));
      expect(await migrateLedger(client)).toHaveLength(MIGRATIONS.length - known);
    }
  });

  it('lets several migrate at once: each step is applied by one of them', async () => {
    await aDatabase();
    const name = `schema-${databases - 1}`;
    const runs = await Promise.all(
      [0, 1, 2, 3].map(() => migrateLedger(cluster.client(cluster.primary, name))),
    );
    expect(runs.flat().sort()).toEqual(MIGRATIONS.map(({ version }) => version));
  });

  it('leaves nothing of a migration that fails', async () => {
    const client = await aDatabase();
    await migrateLedger(client);
    const broken = {
      ...next,
      statements: ['create table half (id integer)', 'create table half (id integer)'],
    };
    await expect(migrateLedger(client, [...MIGRATIONS, broken])).rejects.toMatchObject({
      code: 'LEDGER_FAILED',
    });
    const [rows] = await client.read([{ sql: "select 1 from sqlite_master where name = 'half'" }]);
    expect(rows).toEqual([]);
    expect(await migrateLedger(client, [...MIGRATIONS, next])).toEqual([next.version]);
  });

  it('LEDGER_MIGRATION_CHANGED: a step that differs from the one applied is refused', async () => {
    const client = await aDatabase();
    await migrateLedger(client);
    const changed = MIGRATIONS.map((migration, i) =>
      i === 1 ? { ...migration, sha256: '0'.repeat(64) } : migration,
    );
    await expect(migrateLedger(client, changed)).rejects.toMatchObject({ code: 'LEDGER_MIGRATION_CHANGED' });
  });

  it('LEDGER_SCHEMA_NEWER: an older program does not write a newer database, but reads it', async () => {
    const client = await aDatabase();
    await migrateLedger(client, [...MIGRATIONS, next]);
    await expect(migrateLedger(client)).rejects.toMatchObject({ code: 'LEDGER_SCHEMA_NEWER' });
    expect(await runQuery(client, readBlock('latest'))).toMatchObject({ value: null, height: 0 });
  });

  it('LEDGER_MIGRATING: a reader refuses a database of an older version', async () => {
    const client = await aDatabase();
    await expect(runQuery(client, readBlock('latest'))).rejects.toMatchObject({ code: 'LEDGER_MIGRATING' });
    await migrateLedger(client, MIGRATIONS.slice(0, -1));
    const details = { version: SCHEMA_VERSION - 1, needed: SCHEMA_VERSION };
    await expect(runQuery(client, readBlock('latest'))).rejects.toMatchObject({
      code: 'LEDGER_MIGRATING',
      details,
    });
  });
});
