/** @module The chains of this node: who they are, how they stand, and which one answers when none is named. */
import type { ChainRecord, ChainSnapshot } from '../../shared/api/objects.ts';
import type { SigningRecord } from '../../shared/api/signing-rpc.ts';

export const CREATE_REGISTRY_TABLES = `
CREATE TABLE IF NOT EXISTS chains (
  chain_id TEXT PRIMARY KEY,
  is_default INTEGER NOT NULL,
  genesis BLOB NOT NULL,
  record TEXT NOT NULL,
  snapshot TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS signing_orders (
  chain_id TEXT PRIMARY KEY,
  genesis_hash TEXT NOT NULL,
  order_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

interface ChainRow extends Record<string, SqlStorageValue> {
  record: string;
  snapshot: string;
}

export class ChainRegistry {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** The record of a chain, or of the default chain for null. */
  record(chainId: string | null): ChainRecord | null {
    const [row] =
      chainId === null
        ? this.#sql.exec<ChainRow>('SELECT record, snapshot FROM chains WHERE is_default = 1').toArray()
        : this.#sql
            .exec<ChainRow>('SELECT record, snapshot FROM chains WHERE chain_id = ?', chainId)
            .toArray();
    return row === undefined ? null : (JSON.parse(row.record) as ChainRecord);
  }

  snapshot(chainId: string): ChainSnapshot | null {
    const [row] = this.#sql
      .exec<ChainRow>('SELECT record, snapshot FROM chains WHERE chain_id = ?', chainId)
      .toArray();
    return row === undefined ? null : (JSON.parse(row.snapshot) as ChainSnapshot);
  }

  snapshots(): ChainSnapshot[] {
    const rows = this.#sql.exec<ChainRow>('SELECT record, snapshot FROM chains ORDER BY chain_id').toArray();
    return rows.map((row) => JSON.parse(row.snapshot) as ChainSnapshot);
  }

  hasDefault(): boolean {
    return this.record(null) !== null;
  }

  /** Canonical CBOR of the genesis of a chain. */
  genesis(chainId: string): Uint8Array | null {
    const [row] = this.#sql
      .exec<{ genesis: ArrayBuffer }>('SELECT genesis FROM chains WHERE chain_id = ?', chainId)
      .toArray();
    return row === undefined ? null : new Uint8Array(row.genesis);
  }

  put(record: ChainRecord, genesis: Uint8Array, snapshot: ChainSnapshot): void {
    this.#sql.exec(
      'INSERT INTO chains VALUES (?, ?, ?, ?, ?) ON CONFLICT (chain_id) DO UPDATE SET is_default = excluded.is_default, record = excluded.record, snapshot = excluded.snapshot',
      record.chain_id,
      record.is_default ? 1 : 0,
      genesis,
      JSON.stringify(record),
      JSON.stringify(snapshot),
    );
  }

  /**
   * Takes a snapshot of a registered chain unless a newer one is stored; heights never go back. Returns the one before,
   * or null for one that is passed over.
   */
  update(snapshot: ChainSnapshot): ChainSnapshot | null {
    const stored = this.snapshot(snapshot.chain_id);
    if (stored === null || stored.genesis_hash !== snapshot.genesis_hash) return null;
    if (snapshot.head.height < stored.head.height) return null;
    this.#sql.exec(
      'UPDATE chains SET snapshot = ? WHERE chain_id = ?',
      JSON.stringify(snapshot),
      snapshot.chain_id,
    );
    return stored;
  }

  /** How high a chain of this genesis ever was here, and when its key was last ordered to be held. */
  signingRecord(chainId: string, genesisHash: string): SigningRecord {
    const snapshot = this.snapshot(chainId);
    const [order] = this.#sql
      .exec<{ order_ms: number }>(
        'SELECT order_ms FROM signing_orders WHERE chain_id = ? AND genesis_hash = ?',
        chainId,
        genesisHash,
      )
      .toArray();
    const isOfGenesis = snapshot?.genesis_hash === genesisHash;
    return { height: isOfGenesis ? snapshot.head.height : 0, order_ms: order?.order_ms ?? 0 };
  }

  orderGuard(chainId: string, genesisHash: string, orderMs: number): void {
    this.#sql.exec('INSERT OR REPLACE INTO signing_orders VALUES (?, ?, ?)', chainId, genesisHash, orderMs);
  }
}
