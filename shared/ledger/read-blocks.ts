/** @module Blocks from the ledger: one by height or hash, a page of headers, a range of whole blocks. */
import { assert } from '../protocol/primitives/assert.ts';
import { fromHex } from '../protocol/primitives/bytes.ts';
import { joinArray, joinBody } from './cbor-frame.ts';
import type { LedgerRow, LedgerStatement } from './client-web.ts';
import { type Cursor, decodeCursor, encodeCursor, type ListIdentity } from './cursor.ts';
import type { BlockBytes } from './ledger-block.ts';
import { type LedgerQuery, PAGE_LIMIT_MAX } from './query.ts';
import { decodeRow, type RowOf, selectList } from './rows.ts';
import { blocks } from './schema.ts';

/**
 * Bytes of the blocks in one answer to a range, and one block more: that one has at most 3 MB, all of it is
 * doubled by hex, and the server's answers end at 10 MB.
 */
export const RANGE_BYTES_MAX = 1_500_000;
/** Blocks in one answer to a range. */
export const RANGE_BLOCKS_MAX = 100;

const { lastCommit: _lastCommit, evidence: _evidence, ...summaryColumns } = columnsOfBlocks();
const wholeColumns = columnsOfBlocks();

function columnsOfBlocks() {
  const { height, hash, parentHash, timeMs, proposer, round, txCount, stateRoot } = blocks;
  const { header, lastCommit, evidence, certificate, sizeBytes } = blocks;
  const facts = { height, hash, parentHash, timeMs, proposer, round, txCount, stateRoot, sizeBytes };
  return { ...facts, header, certificate, lastCommit, evidence };
}

/** A block without its transactions; `header` and `certificate` are canonical bytes. */
export type BlockSummary = RowOf<typeof summaryColumns>;

/** Which block. */
export type BlockSelector = { readonly height: number } | { readonly hash: string } | 'latest';

/** A page of a list and where it goes on. */
export interface PageRequest {
  /** 1 to PAGE_LIMIT_MAX. */
  readonly limit: number;
  /** Of the page before; null or absent for the first page. */
  readonly cursor?: string | null;
  /** By height and index. Default `desc`, newest first. */
  readonly order?: 'asc' | 'desc';
}

/** One whole block in its canonical bytes, or null. */
export function readBlock(selector: BlockSelector): LedgerQuery<BlockBytes | null> {
  const { where, args } = conditionOf(selector);
  return {
    minHeight: 0,
    statements: wholeBlocks(`select height from blocks where ${where}`, args),
    decode: (results) => assemble(results)[0] ?? null,
  };
}

function conditionOf(selector: BlockSelector): { where: string; args: (string | bigint)[] } {
  if (selector === 'latest') return { where: 'height = (select max(height) from blocks)', args: [] };
  if ('hash' in selector) return { where: 'hash = ?', args: [selector.hash] };
  return { where: 'height = ?', args: [BigInt(selector.height)] };
}

/** Whole blocks, ascending. */
export interface BlockRange {
  readonly blocks: readonly BlockBytes[];
  /** Where the rest of the range begins, null when the ledger has no more of it. */
  readonly next: number | null;
}

/**
 * The blocks from `start` to `end`, both included, as many as fit: at most RANGE_BLOCKS_MAX and
 * RANGE_BYTES_MAX.
 */
export function readBlockRange(range: {
  readonly start: number;
  readonly end: number;
  readonly limit?: number;
  readonly bytesMax?: number;
}): LedgerQuery<BlockRange> {
  const { start, end, limit = RANGE_BLOCKS_MAX, bytesMax = RANGE_BYTES_MAX } = range;
  assert(limit >= 1 && limit <= RANGE_BLOCKS_MAX, `a range has 1 to ${RANGE_BLOCKS_MAX} blocks an answer`);
  const heights = `select height from (
    select height, sum(size_bytes) over (order by height) - size_bytes as before from (
      select height, size_bytes from blocks where height between ? and ? order by height limit ?)
    ) where before < ?`;
  return {
    minHeight: 0,
    statements: wholeBlocks(heights, [start, end, limit, bytesMax].map(BigInt)),
    decode(results, height) {
      const found = assemble(results);
      const last = found.at(-1)?.height;
      return { blocks: found, next: last === undefined || last >= Math.min(end, height) ? null : last + 1 };
    },
  };
}

/**
 * The statement for {@link assemble}. Transactions and receipts come as one text of hex per block: as rows of
 * blobs a full block of 7,000 transfers takes some four times as long, nearly all of it in the driver.
 */
function wholeBlocks(heights: string, args: readonly (string | bigint)[]): LedgerStatement[] {
  const partsOf = (table: string) =>
    `(select group_concat(lower(hex(bytes)), ',')
      from (select bytes from ${table} p where p.height = b.height order by tx_index))`;
  const sql = `select ${selectList('b', wholeColumns)},
      ${partsOf('transactions')} as "transactions", ${partsOf('receipts')} as "receipts"
    from blocks b where height in (${heights}) order by height`;
  return [{ sql, args }];
}

/** Puts body and receipts together again, byte for byte as they were committed. */
function assemble([rows = []]: readonly LedgerRow[][]): BlockBytes[] {
  return rows.map((row) => {
    const { height, hash, txCount, certificate, ...block } = decodeRow(wholeColumns, row);
    const transactions = splitHex(row.transactions);
    const receipts = splitHex(row.receipts);
    const whole = transactions.length === txCount && receipts.length === txCount;
    assert(whole, 'a block is written with all its transactions and receipts');
    return {
      height,
      hash,
      body: joinBody({ ...block, transactions }),
      certificate,
      receipts: joinArray(receipts),
    };
  });
}

function splitHex(text: unknown): Uint8Array[] {
  return typeof text === 'string' ? text.split(',').map((part) => fromHex(`0x${part}`)) : [];
}

/** A page of blocks without their transactions. */
export interface BlockPage {
  readonly blocks: readonly BlockSummary[];
  readonly nextCursor: string | null;
}

/** The list of blocks. Throws CURSOR_INVALID. */
export function readBlocks({ limit, cursor = null, order = 'desc' }: PageRequest): LedgerQuery<BlockPage> {
  assert(limit >= 1 && limit <= PAGE_LIMIT_MAX, `a page has 1 to ${PAGE_LIMIT_MAX} items`);
  const list: ListIdentity = ['blocks', order];
  const from: Cursor | null = cursor === null ? null : decodeCursor(list, 1, cursor);
  const position = from?.position[0] ?? (order === 'desc' ? Number.MAX_SAFE_INTEGER : 0);
  const pin = from?.pin ?? Number.MAX_SAFE_INTEGER;
  const sql = `select ${selectList('b', summaryColumns)} from blocks b
    where height <= ? and height ${order === 'desc' ? '<' : '>'} ? order by height ${order} limit ?`;
  return {
    minHeight: from?.pin ?? 0,
    statements: [{ sql, args: [pin, position, limit + 1].map(BigInt) }],
    decode([rows = []], height) {
      const page = rows.slice(0, limit).map((row) => decodeRow(summaryColumns, row));
      const last = page.at(-1);
      const next = { pin: from?.pin ?? height, position: [last?.height ?? 0] };
      return { blocks: page, nextCursor: rows.length > limit ? encodeCursor(list, next) : null };
    },
  };
}
