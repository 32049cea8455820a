/**
 * @module A read of the ledger as a value: its statements and how to decode their rows, with the height it
 * reflects.
 */
import type { LedgerClient, LedgerRow, LedgerStatement } from './client-web.ts';
import { LedgerError } from './errors.ts';
import { SCHEMA_VERSION } from './migrate.ts';
import { countOf } from './rows.ts';

/** Most items of one page. */
export const PAGE_LIMIT_MAX = 100;
/**
 * Bytes of the blobs in one answer, and one item more: the server's answers end at 10 MB, and blobs grow by a
 * third.
 */
export const ANSWER_BYTES_MAX = 2_000_000;

/** Rows are `select`ed on one snapshot; `decode` gets them per statement. */
export interface LedgerQuery<T> {
  /** Lowest ledger height that can answer: a later page needs what the first page saw. */
  readonly minHeight: number;
  readonly statements: readonly LedgerStatement[];
  decode(results: readonly LedgerRow[][], height: number): T;
}

/** An answer and the state of the database that gave it. */
export interface LedgerAnswer<T> {
  readonly value: T;
  /** Ledger height at the snapshot. */
  readonly height: number;
  readonly genesisHash: string | null;
}

const STATE_OF_LEDGER = `select (select max(version) from ledger_migrations) as version,
  (select max(height) from blocks) as height, (select genesis_hash from chain) as genesis_hash`;

/**
 * Runs a query in one read batch. Throws LEDGER_MIGRATING when the database's schema is older than this
 * program's; a newer one still serves. Does not judge the height: that is for the caller.
 */
export async function runQuery<T>(client: LedgerClient, query: LedgerQuery<T>): Promise<LedgerAnswer<T>> {
  const [[state] = [], ...results] = await client.read([{ sql: STATE_OF_LEDGER }, ...query.statements]);
  const version = countOf(state, 'version', 0);
  if (version < SCHEMA_VERSION) {
    throw new LedgerError('LEDGER_MIGRATING', undefined, { version, needed: SCHEMA_VERSION });
  }
  const height = countOf(state, 'height', 0);
  const genesisHash = (state?.genesis_hash ?? null) as string | null;
  return { value: query.decode(results, height), height, genesisHash };
}
