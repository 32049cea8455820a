/**
 * @module One page of a list of transactions. Every list is ordered by (height, tx_index) along an index; a
 * filter that no index serves looks at a bounded number of entries per page, and the cursor goes on from
 * there.
 */
import { assert } from '../protocol/primitives/assert.ts';
import type { LedgerRow, LedgerStatement } from './client-web.ts';
import { type Cursor, decodeCursor, encodeCursor, type ListIdentity } from './cursor.ts';
import { ANSWER_BYTES_MAX, type LedgerQuery, PAGE_LIMIT_MAX } from './query.ts';
import type { PageRequest } from './read-blocks.ts';
import { countOf } from './rows.ts';
import {
  decodeTransactionRow,
  TRANSACTION_JOINS,
  TRANSACTION_SELECT,
  type TransactionRow,
} from './transaction-row.ts';

/** Index entries that one page of a filtered list looks at: some 10 ms. */
export const SCAN_ROWS_MAX = 10_000;

/** A page of transactions. */
export interface TransactionPage {
  readonly transactions: readonly TransactionRow[];
  /** Null only at the end. A page of a filtered list may be short, even empty, and still have a next one. */
  readonly nextCursor: string | null;
}

/** Where the entries of a list come from. */
export interface ListSource {
  readonly from:
    | 'transactions'
    | 'address_transactions'
    | `address_transactions indexed by messages_${'received' | 'sent'}`;
  /** Condition that an index serves. */
  readonly where: string;
  readonly args: readonly (string | bigint)[];
  /** Only this type, filtered while scanning; null = all entries. */
  readonly filter: bigint | null;
}

type Position = readonly [height: number, index: number];
const FIRST: Record<'asc' | 'desc', Position> = { asc: [0, 0], desc: [Number.MAX_SAFE_INTEGER, 0] };

/** The query of one page. `bytesMax` and `scanMax` are for tests of their limits. */
export function readPage(
  list: ListIdentity,
  source: ListSource,
  { limit, cursor = null, order = 'desc' }: PageRequest,
  { bytesMax = ANSWER_BYTES_MAX, scanMax = SCAN_ROWS_MAX } = {},
): LedgerQuery<TransactionPage> {
  assert(limit >= 1 && limit <= PAGE_LIMIT_MAX, `a page has 1 to ${PAGE_LIMIT_MAX} items`);
  const from: Cursor | null = cursor === null ? null : decodeCursor(list, 2, cursor);
  const [height, index] = (from?.position ?? FIRST[order]) as Position;
  const bounds = [from?.pin ?? Number.MAX_SAFE_INTEGER, height, index].map(BigInt);
  const scanned = source.filter === null ? limit + 1 : scanMax;
  const scan = `select height, tx_index, type from ${source.from} where ${source.where} and height <= ?
    and (height, tx_index) ${order === 'desc' ? '<' : '>'} (?, ?)
    order by height ${order}, tx_index ${order} limit ?`;
  const scanArgs = [...source.args, ...bounds, BigInt(scanned)];
  return {
    minHeight: from?.pin ?? 0,
    statements: [
      pageStatement(scan, scanArgs, source.filter, { order, limit, bytesMax }),
      ...(source.filter === null ? [] : [scanEndStatement(scan, scanArgs, scanMax, order)]),
    ],
    decode([rows = [], scanEnd = []], ledgerHeight) {
      const next = nextPosition(rows, scanEnd[0]);
      const pin = from?.pin ?? ledgerHeight;
      return {
        transactions: rows.map(decodeTransactionRow),
        nextCursor: next === null ? null : encodeCursor(list, { pin, position: next }),
      };
    },
  };
}

/**
 * The entries of the page with everything that is shown of them, cut by count and by bytes; never empty for
 * bytes.
 */
function pageStatement(
  scan: string,
  scanArgs: readonly (string | bigint)[],
  filter: bigint | null,
  { order, limit, bytesMax }: { order: 'asc' | 'desc'; limit: number; bytesMax: number },
): LedgerStatement {
  const by = (alias: string) => `order by ${alias}.height ${order}, ${alias}.tx_index ${order}`;
  const size = 'length(t.bytes) + length(r.bytes)';
  const sql = `with scan as (${scan}),
    page as (select height, tx_index from scan ${filter === null ? '' : 'where type = ?'}
      order by height ${order}, tx_index ${order} limit ?)
    select * from (
      select ${TRANSACTION_SELECT}, count(*) over () as available,
        sum(${size}) over (${by('t')}) - (${size}) as before
      from page p join transactions t on t.height = p.height and t.tx_index = p.tx_index ${TRANSACTION_JOINS}
    ) where before < ? order by height ${order}, "txIndex" ${order} limit ?`;
  const filterArgs = filter === null ? [] : [filter];
  return { sql, args: [...scanArgs, ...filterArgs, BigInt(limit + 1), BigInt(bytesMax), BigInt(limit)] };
}

/** The last entry looked at, if the scan ended at its bound. */
function scanEndStatement(
  scan: string,
  scanArgs: readonly (string | bigint)[],
  scanMax: number,
  order: 'asc' | 'desc',
): LedgerStatement {
  const sql = `select height, tx_index from (${scan})
    order by height ${order}, tx_index ${order} limit 1 offset ?`;
  return { sql, args: [...scanArgs, BigInt(scanMax - 1)] };
}

/**
 * After the last row given if more are known, else after the last entry looked at if the scan was cut, else
 * the end.
 */
function nextPosition(rows: readonly LedgerRow[], scanEnd: LedgerRow | undefined): Position | null {
  const last = rows.at(-1);
  if (last !== undefined && rows.length < countOf(last, 'available', 0)) {
    return [countOf(last, 'height', 0), countOf(last, 'txIndex', 0)];
  }
  if (scanEnd === undefined) return null;
  return [countOf(scanEnd, 'height', 0), countOf(scanEnd, 'tx_index', 0)];
}
