/**
 * @module Writes shared/ledger/migrations.ts from migrations/*.sql: a Worker cannot read files. Part of `npm
 * run generate`.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');
const FILE_PATTERN = /^(\d{4})_[a-z0-9_]+\.sql$/;

interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sha256: string;
  readonly statements: readonly string[];
}

/** Cuts a file into statements, without comments and empty lines. */
function statementsOf(sql: string, file: string): string[] {
  const lines = sql.split('\n').filter((line) => line.trim() !== '' && !line.trimStart().startsWith('--'));
  const statements: string[] = [];
  let open: string[] = [];
  for (const line of lines) {
    open.push(line.trimEnd());
    const isTrigger = open[0]?.startsWith('create trigger') ?? false;
    if (!(isTrigger ? line.trimEnd() === 'end;' : line.trimEnd().endsWith(';'))) continue;
    statements.push(open.join('\n').replace(/;$/, ''));
    open = [];
  }
  if (open.length > 0)
    throw new Error(`${file}: the last statement does not end with a ; at the end of a line`);
  return statements;
}

function readMigration(file: string, index: number): Migration {
  const match = FILE_PATTERN.exec(file);
  if (match === null || Number(match[1]) !== index + 1)
    throw new Error(`${file}: expected number ${index + 1}`);
  const sql = readFileSync(join(ROOT, 'migrations', file), 'utf8');
  if (!sql.startsWith('-- Why: ')) throw new Error(`${file}: must begin with a comment that says why`);
  const statements = statementsOf(sql, file);
  const sha256 = createHash('sha256').update(statements.join(';\n')).digest('hex');
  return { version: index + 1, name: file.replace(/\.sql$/, ''), sha256, statements };
}

function render(migration: Migration): string {
  const statements = migration.statements.map((sql) => `      \`${sql}\`,\n`).join('');
  return [
    '  {',
    `    version: ${migration.version},`,
    `    name: '${migration.name}',`,
    `    sha256: '${migration.sha256}',`,
    `    statements: [\n${statements}    ],`,
    '  },',
  ].join('\n');
}

const files = readdirSync(join(ROOT, 'migrations'))
  .filter((file) => file.endsWith('.sql'))
  .sort();
const migrations = files.map(readMigration);
for (const { statements } of migrations) {
  if (statements.some((sql) => /[`\\$]/.test(sql)))
    throw new Error('a statement needs escaping: write it differently');
}

writeFileSync(
  join(ROOT, 'shared/ledger/migrations.ts'),
  `/** @module The ledger's migrations. Generated from migrations/*.sql by \`npm run generate\`: do not edit. */

/** One step of the schema. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** SHA-256 in hex of the statements, joined by \`;\\n\`. */
  readonly sha256: string;
  readonly statements: readonly string[];
}

/** All steps, oldest first. */
export const MIGRATIONS: readonly Migration[] = [
${migrations.map(render).join('\n')}
];
`,
);
console.error(`shared/ledger/migrations.ts: ${migrations.length} migrations`);
