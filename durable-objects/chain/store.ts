/**
 * @module What a chain keeps in its object's SQLite: state, tree pages, blocks, head, pending transactions. All methods
 * are synchronous; a caller groups what belongs together in one `storage.transactionSync`.
 */
import type { ChainHead, StoredBlock, TransactionStatus } from '../../shared/api/objects.ts';
import type { CertifiedBytes } from '../../shared/protocol/execution/linked-blocks.ts';
import type { FinalBlocks } from '../../shared/protocol/execution/verify-range.ts';
import type { PageReader, PageWrite } from '../../shared/protocol/merkle/page-store.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { StateReader, StateWrite } from '../../shared/protocol/primitives/state-reader.ts';
import { encodeCertificate } from '../../shared/protocol/votes/encode.ts';
import { type ChainCounters, newCounters } from './chain-counters.ts';
import { RowBatch } from './row-batch.ts';
import { CREATE_TABLES, OBJECT_SCHEMA_VERSION } from './schema.ts';
import { StateRows } from './state-rows.ts';

export interface ChainIdentity {
  readonly chainId: string;
  readonly genesis: Uint8Array;
  readonly genesisHash: string;
  readonly isDefault: boolean;
}

export interface PendingRow {
  readonly sequence: number;
  readonly receivedMs: number;
  readonly bytes: Uint8Array;
}

/** Outcomes of transactions that left the pool without a block are remembered for this many transactions. */
export const DEPARTED_MAX = 10_000;
/** One answer to a range of blocks holds at most this many bytes of bodies. */
export const BLOCK_RANGE_BYTES_MAX = 8_000_000;

export class ChainStore implements StateReader, PageReader {
  readonly #sql: SqlStorage;
  /** The leaves of the state, in the order of their paths. */
  readonly state: StateRows;
  readonly #pages: RowBatch;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.state = new StateRows(sql);
    this.#pages = new RowBatch(
      sql,
      2,
      (values) => `INSERT INTO pages VALUES ${values} ON CONFLICT (id) DO UPDATE SET bytes = excluded.bytes`,
    );
  }

  /** True once `create` has run. Reads only. */
  exists(): boolean {
    return (
      this.#sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'chain'").toArray().length >
      0
    );
  }

  /** Makes the tables and writes the genesis state as height 0. */
  create(
    identity: ChainIdentity,
    head: ChainHead,
    counters: ChainCounters,
    state: readonly StateWrite[],
    pages: readonly PageWrite[],
    nowMs: number,
  ): void {
    this.#sql.exec(CREATE_TABLES);
    this.#sql.exec(
      'INSERT INTO chain VALUES (1, ?, ?, ?, ?, ?, ?)',
      OBJECT_SCHEMA_VERSION,
      identity.chainId,
      identity.genesis,
      identity.genesisHash,
      identity.isDefault ? 1 : 0,
      nowMs,
    );
    this.state.write(state);
    this.#writePages(pages);
    this.writeHead(head, counters);
  }

  identity(): ChainIdentity {
    const row = this.#sql
      .exec<{
        schema_version: number;
        chain_id: string;
        genesis: ArrayBuffer;
        genesis_hash: string;
        is_default: number;
      }>('SELECT schema_version, chain_id, genesis, genesis_hash, is_default FROM chain')
      .one();
    assert(
      row.schema_version === OBJECT_SCHEMA_VERSION,
      'the object was written by this version of the software: none has migrations yet',
    );
    return {
      chainId: row.chain_id,
      genesis: new Uint8Array(row.genesis),
      genesisHash: row.genesis_hash,
      isDefault: row.is_default === 1,
    };
  }

  head(): { head: ChainHead; counters: ChainCounters } {
    const {
      counters,
      id: _id,
      ...head
    } = this.#sql
      .exec<{
        id: number;
        height: number;
        hash: string;
        time_ms: number;
        state_root: string;
        tx_count: number;
        proposer: string;
        counters: string;
      }>('SELECT * FROM head')
      .one();
    // A row of an earlier version has fewer counters.
    return { head, counters: { ...newCounters(), ...(JSON.parse(counters) as Partial<ChainCounters>) } };
  }

  get(namespace: string, key: Uint8Array): Uint8Array | null {
    return this.state.get(namespace, key);
  }

  getPage(id: string): Uint8Array | null {
    const [row] = this.#sql
      .exec<{ bytes: ArrayBuffer }>('SELECT bytes FROM pages WHERE id = ?', id)
      .toArray();
    return row === undefined ? null : new Uint8Array(row.bytes);
  }

  /** Stores final blocks with all they change. The head follows by `writeHead` in the same transaction. */
  applyBlocks({ blocks, stateWrites, pageWrites }: FinalBlocks): void {
    for (const { executed, certificate } of blocks) {
      const { block, hash, body, receiptBytes } = executed;
      const { height } = block.header;
      const encoded = encodeCertificate(certificate);
      this.#sql.exec('INSERT INTO blocks VALUES (?, ?, ?, ?)', height, hash, body, encoded);
      this.#sql.exec('INSERT INTO receipts VALUES (?, ?)', height, receiptBytes);
    }
    this.state.write(stateWrites);
    this.#writePages(pageWrites);
  }

  writeHead(head: ChainHead, counters: ChainCounters): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?, ?, ?)',
      head.height,
      head.hash,
      head.time_ms,
      head.state_root,
      head.tx_count,
      head.proposer,
      JSON.stringify(counters),
    );
  }

  block(height: number): StoredBlock | null {
    return this.blocks(height, 1)[0] ?? null;
  }

  /** Ascending from `from`; stops after `limit` blocks or once the bodies exceed the byte bound. */
  blocks(from: number, limit: number, bytesMax: number = BLOCK_RANGE_BYTES_MAX): StoredBlock[] {
    const blocks: StoredBlock[] = [];
    let bytes = 0;
    const rows = this.#sql.exec<{
      height: number;
      hash: string;
      body: ArrayBuffer;
      certificate: ArrayBuffer;
      receipts: ArrayBuffer;
    }>(
      'SELECT b.height, b.hash, b.body, b.certificate, r.bytes AS receipts FROM blocks b JOIN receipts r USING (height) WHERE b.height >= ? ORDER BY b.height LIMIT ?',
      from,
      limit,
    );
    for (const row of rows) {
      bytes += row.body.byteLength + row.receipts.byteLength;
      if (blocks.length > 0 && bytes > bytesMax) break;
      blocks.push({
        height: row.height,
        hash: row.hash,
        body: new Uint8Array(row.body),
        certificate: new Uint8Array(row.certificate),
        receipts: new Uint8Array(row.receipts),
      });
    }
    return blocks;
  }

  /**
   * Bodies and certificates ascending from `from`, without a gap; ends after `limit` blocks or with the one by which the
   * bodies reach `bytesFull`. Empty where `from` is not held.
   */
  certified(from: number, limit: number, bytesFull: number): CertifiedBytes[] {
    const blocks: CertifiedBytes[] = [];
    let bytes = 0;
    const rows = this.#sql.exec<{ height: number; body: ArrayBuffer; certificate: ArrayBuffer }>(
      'SELECT height, body, certificate FROM blocks WHERE height >= ? ORDER BY height LIMIT ?',
      from,
      limit,
    );
    for (const { height, body, certificate } of rows) {
      if (height !== from + blocks.length || bytes >= bytesFull) break;
      bytes += body.byteLength;
      blocks.push({ body: new Uint8Array(body), certificate: new Uint8Array(certificate) });
    }
    return blocks;
  }

  /** Hash of the block at a height; null where it is not held. */
  hashAt(height: number): string | null {
    const [row] = this.#sql
      .exec<{ hash: string }>('SELECT hash FROM blocks WHERE height = ?', height)
      .toArray();
    return row?.hash ?? null;
  }

  heightOf(hash: string): number | null {
    const [row] = this.#sql
      .exec<{ height: number }>('SELECT height FROM blocks WHERE hash = ?', hash)
      .toArray();
    return row?.height ?? null;
  }

  /** The lowest height whose block this object still holds, or null before the first block. */
  lowestHeight(): number | null {
    return this.#sql.exec<{ height: number | null }>('SELECT min(height) AS height FROM blocks').one().height;
  }

  insertPending(row: PendingRow): void {
    this.#sql.exec('INSERT INTO mempool VALUES (?, ?, ?)', row.sequence, row.receivedMs, row.bytes);
  }

  deletePending(sequences: readonly number[]): void {
    if (sequences.length === 0) return;
    this.#sql.exec(
      'DELETE FROM mempool WHERE sequence IN (SELECT value FROM json_each(?))',
      JSON.stringify(sequences),
    );
  }

  *pending(): Iterable<PendingRow> {
    const rows = this.#sql.exec<{ sequence: number; received_ms: number; bytes: ArrayBuffer }>(
      'SELECT sequence, received_ms, bytes FROM mempool ORDER BY sequence',
    );
    for (const row of rows) {
      yield { sequence: row.sequence, receivedMs: row.received_ms, bytes: new Uint8Array(row.bytes) };
    }
  }

  /** Remembers why an acknowledged transaction left the pool without a block. */
  recordDeparted(hash: string, status: TransactionStatus, nowMs: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO departed VALUES (?, ?, ?)', hash, status, nowMs);
  }

  /** These are in the pool again. */
  forgetDeparted(hashes: readonly string[]): void {
    if (hashes.length === 0) return;
    this.#sql.exec(
      'DELETE FROM departed WHERE hash IN (SELECT value FROM json_each(?))',
      JSON.stringify(hashes),
    );
  }

  departed(hash: string): TransactionStatus | null {
    const [row] = this.#sql
      .exec<{ status: string }>('SELECT status FROM departed WHERE hash = ?', hash)
      .toArray();
    return (row?.status as TransactionStatus | undefined) ?? null;
  }

  /** Keeps the newest `DEPARTED_MAX` outcomes. */
  pruneDeparted(): void {
    this.#sql.exec(
      'DELETE FROM departed WHERE hash IN (SELECT hash FROM departed ORDER BY time_ms DESC, hash LIMIT -1 OFFSET ?)',
      DEPARTED_MAX,
    );
  }

  /** The consumers of the block log with the next height each wants. */
  targets(): Map<string, number> {
    const rows = this.#sql.exec<{ name: string; next_height: number }>(
      'SELECT name, next_height FROM outbox_targets',
    );
    return new Map(rows.toArray().map((row) => [row.name, row.next_height]));
  }

  setTarget(name: string, nextHeight: number): void {
    this.#sql.exec(
      'INSERT INTO outbox_targets VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET next_height = excluded.next_height',
      name,
      nextHeight,
    );
  }

  deleteTarget(name: string): void {
    this.#sql.exec('DELETE FROM outbox_targets WHERE name = ?', name);
  }

  #writePages(writes: readonly PageWrite[]): void {
    const pages: (string | Uint8Array)[] = [];
    for (const { id, bytes } of writes) {
      if (bytes === null) this.#sql.exec('DELETE FROM pages WHERE id = ?', id);
      else pages.push(id, bytes);
    }
    this.#pages.write(pages);
  }
}
