/** @module From driver rows to typed values, driven by the schema. */
import type { GetColumnData } from 'drizzle-orm';
import type { SQLiteColumn } from 'drizzle-orm/sqlite-core';
import { assert } from '../protocol/primitives/assert.ts';
import type { LedgerRow } from './client-web.ts';

/** Columns by the name that their values get. */
export type Columns = Readonly<Record<string, SQLiteColumn>>;
/** The values of such columns. */
export type RowOf<C extends Columns> = { readonly [K in keyof C]: GetColumnData<C[K]> };

/** The select list: each column of the table with this alias, under its name here. */
export function selectList(alias: string, columns: Columns): string {
  return Object.entries(columns)
    .map(([name, column]) => `${alias}.${column.name} as "${name}"`)
    .join(', ');
}

/** Reads the columns out of a row that was selected with {@link selectList}. */
export function decodeRow<C extends Columns>(columns: C, row: LedgerRow): RowOf<C> {
  const entries = Object.entries(columns).map(([name, column]) => {
    const value = row[name];
    assert(value !== undefined, `the query did not select ${name}`);
    return [name, value === null ? null : column.mapFromDriverValue(value)];
  });
  return Object.fromEntries(entries) as RowOf<C>;
}

/** An integer column that stands alone, null as `absent`. */
export function countOf(row: LedgerRow | undefined, name: string, absent: number): number {
  const value = row?.[name];
  return value === null || value === undefined ? absent : Number(value);
}
