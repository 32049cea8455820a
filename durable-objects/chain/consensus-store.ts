/** @module The rows of consensus: the machine's record, and the bodies of blocks that this node has voted for. */
import {
  decodePersistentState,
  encodePersistentState,
  type PersistentState,
} from '../../shared/protocol/consensus/persistent-state.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';

export class ConsensusStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  record(): PersistentState | null {
    const [row] = this.#sql.exec<{ record: ArrayBuffer }>('SELECT record FROM consensus').toArray();
    return row === undefined ? null : decodePersistentState(new Uint8Array(row.record));
  }

  /** Writes the record, and the bodies that it names and that are not stored yet. */
  persist(record: PersistentState, bodyOf: (hash: HashHex) => Uint8Array | null): void {
    this.#sql.exec('INSERT OR REPLACE INTO consensus VALUES (1, ?)', encodePersistentState(record));
    for (const hash of record.blocks) {
      const body = bodyOf(hash);
      if (body !== null) this.#sql.exec('INSERT OR IGNORE INTO consensus_blocks VALUES (?, ?)', hash, body);
    }
  }

  /** Bodies of the open height, for the machine that starts again. */
  bodies(): Uint8Array[] {
    const rows = this.#sql.exec<{ body: ArrayBuffer }>('SELECT body FROM consensus_blocks');
    return rows.toArray().map((row) => new Uint8Array(row.body));
  }

  /** The height is decided: what it needed goes. */
  clear(): void {
    this.#sql.exec('DELETE FROM consensus');
    this.#sql.exec('DELETE FROM consensus_blocks');
  }
}
