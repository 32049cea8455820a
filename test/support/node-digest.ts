/** @module What a node has written: every row of its objects and of its ledger, read from outside, hashed per table. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createClient } from '@libsql/client';

const ALARM = 'select * from _cf_METADATA where key = 1 and value is not null';
/** Longer than anything that an object does by itself after an event. */
const LOOK_MS = 2_000;
const LOOKS_MAX = 15;

/** Table -> rows and the hash of their content. */
export type Digest = Readonly<Record<string, string>>;

/** Request counters and the audit log grow with requests; that is what they are for. */
const GROWS_WITH_REQUESTS = /^NodeObject\/.*\.(counters|histograms|audit\w*|sqlite_sequence)$/;

/** Names of the files of objects of one class, without their suffixes. */
export function objectFiles(persistDir: string, className: string): string[] {
  const folder = join(persistDir, 'do', `atoll-${className}`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name))
    .map((name) => join(folder, name))
    .sort();
}

/** Alarms of all objects of a class, as they stand in their files. */
export function alarmsOf(persistDir: string, className: string): unknown[] {
  return objectFiles(persistDir, className).flatMap((file) => {
    const database = new DatabaseSync(file, { readOnly: true });
    // The platform makes this table with an object's first alarm; key 1 is the time of the alarm that is set.
    const made = database.prepare("select 1 from sqlite_master where name = '_cf_METADATA'").get();
    const statement = made === undefined ? undefined : database.prepare(ALARM);
    statement?.setReadBigInts(true); // nanoseconds
    const rows = statement?.all() ?? [];
    database.close();
    return rows;
  });
}

/** All rows of all objects and, where it has one, of the ledger. Reads only; the node goes on running. */
export async function digestNode(persistDir: string, ledgerUrl?: string): Promise<Digest> {
  const digest: Record<string, string> = {};
  for (const className of ['ChainObject', 'HubObject', 'NodeObject']) {
    for (const file of objectFiles(persistDir, className)) {
      const name = `${className}/${file.slice(-71, -63)}`;
      for (const [table, value] of digestFile(file)) {
        const key = `${name}.${table}`;
        if (!GROWS_WITH_REQUESTS.test(key)) digest[key] = value;
      }
    }
  }
  if (ledgerUrl === undefined) return digest;
  const client = createClient({ url: ledgerUrl });
  const { rows: tables } = await client.execute(TABLES);
  for (const { name } of tables) {
    const { rows } = await client.execute(`select * from "${String(name)}"`);
    digest[`ledger.${String(name)}`] = hashRows(rows.map((row) => Array.from(row as ArrayLike<unknown>)));
  }
  client.close();
  return digest;
}

/** The same once the node is at rest: what an object does by itself after its last event is written. */
export async function digestAtRest(persistDir: string, ledgerUrl?: string): Promise<Digest> {
  let last = await digestNode(persistDir, ledgerUrl);
  for (let looks = 0; looks < LOOKS_MAX; looks++) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const next = await digestNode(persistDir, ledgerUrl);
    if (JSON.stringify(next) === JSON.stringify(last)) return next;
    last = next;
  }
  throw new Error(`rows still change after ${(LOOKS_MAX * LOOK_MS) / 1_000} s`);
}

const TABLES = "select name from sqlite_master where type = 'table' order by name";

function digestFile(file: string): [table: string, value: string][] {
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const tables = database.prepare(TABLES).all() as { name: string }[];
    return tables.map(({ name }) => {
      const statement = database.prepare(`select * from "${name}"`);
      statement.setReadBigInts(true);
      return [name, hashRows(statement.all().map((row) => Object.values(row)))];
    });
  } finally {
    database.close();
  }
}

function hashRows(rows: readonly unknown[][]): string {
  const lines = rows.map((row) => row.map(textOf).join('|')).sort();
  return `${rows.length} rows ${createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)}`;
}

function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('hex');
  return String(value);
}
