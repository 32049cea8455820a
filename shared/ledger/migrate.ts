/**
 * @module Brings a ledger database to this program's schema. Runs anywhere: the migrations are a module, not
 * files.
 */
import type { LedgerClient, LedgerStatement } from './client-web.ts';
import { LedgerError } from './errors.ts';
import { MIGRATIONS, type Migration } from './migrations.ts';

/** The schema that this program writes and needs to read. */
export const SCHEMA_VERSION = MIGRATIONS.length;

const CREATE_RECORD = `create table if not exists ledger_migrations (
  version integer primary key,
  name text not null,
  sha256 text not null
) strict`;

/**
 * Applies what is missing, one write batch per migration, and returns the versions applied. Safe to call at
 * any time, by several at once. Throws LEDGER_MIGRATION_CHANGED, or LEDGER_SCHEMA_NEWER for a database of a
 * newer program.
 */
export async function migrateLedger(
  client: LedgerClient,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<number[]> {
  const known = await appliedMigrations(client, migrations);
  const applied: number[] = [];
  for (const migration of migrations.slice(known)) {
    if (await applyMigration(client, migration, migrations)) applied.push(migration.version);
  }
  return applied;
}

/** The statements that take an empty database to the current schema. */
export function schemaStatements(migrations: readonly Migration[] = MIGRATIONS): LedgerStatement[] {
  return migrations.flatMap(migrationStatements);
}

function migrationStatements({ version, name, sha256, statements }: Migration): LedgerStatement[] {
  return [
    { sql: CREATE_RECORD },
    // First, so that of two who migrate at once the later one fails here and nothing of its batch remains.
    {
      sql: 'insert into ledger_migrations (version, name, sha256) values (?, ?, ?)',
      args: [version, name, sha256],
    },
    ...statements.map((sql) => ({ sql })),
  ];
}

/** False if someone else had applied it meanwhile. */
async function applyMigration(
  client: LedgerClient,
  migration: Migration,
  all: readonly Migration[],
): Promise<boolean> {
  try {
    await client.write(migrationStatements(migration));
    return true;
  } catch (error) {
    if (!(error instanceof LedgerError) || error.code !== 'LEDGER_CONFLICT') throw error;
    if ((await appliedMigrations(client, all)) < migration.version) throw error;
    return false;
  }
}

/** How many of the migrations the database has been through, after a check of their hashes. */
async function appliedMigrations(client: LedgerClient, migrations: readonly Migration[]): Promise<number> {
  const table = "select count(*) as n from sqlite_master where type = 'table' and name = 'ledger_migrations'";
  const [[exists] = []] = await client.read([{ sql: table }]);
  if (Number(exists?.n ?? 0) === 0) return 0;
  const [rows = []] = await client.read([
    { sql: 'select version, name, sha256 from ledger_migrations order by version' },
  ]);
  for (const [index, row] of rows.entries()) {
    const expected = migrations[index];
    if (expected === undefined) {
      const details = { database: rows.length, program: migrations.length };
      throw new LedgerError('LEDGER_SCHEMA_NEWER', `the database has migration ${row.name}`, details);
    }
    if (row.sha256 === expected.sha256 && row.name === expected.name) continue;
    const details = { version: expected.version, name: expected.name };
    throw new LedgerError('LEDGER_MIGRATION_CHANGED', `${row.name} differs from ${expected.name}`, details);
  }
  return rows.length;
}
