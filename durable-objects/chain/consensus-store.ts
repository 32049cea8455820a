/** @module The rows of consensus: the machine's record, and the bodies of blocks that this node has voted for. */
import {
  decodePersistentState,
  encodePersistentState,
  type PersistentState,
} from '../../shared/protocol/consensus/persistent-state.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';

export class ConsensusStore {
  readonly #sql: SqlStorage;
  /** The newest record of the turn that runs; the ones before it are nobody's business. */
  #unwritten: { record: PersistentState; bodyOf: (hash: HashHex) => Uint8Array | null } | null = null;
  /** Bodies that are stored. A record names them again with each vote, and each is large. */
  readonly #stored = new Set<HashHex>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  record(): PersistentState | null {
    const [row] = this.#sql.exec<{ record: ArrayBuffer }>('SELECT record FROM consensus').toArray();
    return row === undefined ? null : decodePersistentState(new Uint8Array(row.record));
  }

  /** Takes a record, with what gives the bodies that it names. It is written by `flush`, at the end of the same turn. */
  persist(record: PersistentState, bodyOf: (hash: HashHex) => Uint8Array | null): void {
    this.#unwritten = { record, bodyOf };
  }

  /** Writes the newest record of the turn, and the bodies that it names and that are not stored yet. */
  flush(): void {
    if (this.#unwritten === null) return;
    const { record, bodyOf } = this.#unwritten;
    this.#unwritten = null;
    this.#sql.exec('INSERT OR REPLACE INTO consensus VALUES (1, ?)', encodePersistentState(record));
    for (const hash of record.blocks) {
      const body = this.#stored.has(hash) ? null : bodyOf(hash);
      if (body === null) continue;
      this.#sql.exec('INSERT OR IGNORE INTO consensus_blocks VALUES (?, ?)', hash, body);
      this.#stored.add(hash);
    }
  }

  /** Bodies of the open height, for the machine that starts again. */
  bodies(): Uint8Array[] {
    const rows = this.#sql.exec<{ body: ArrayBuffer }>('SELECT body FROM consensus_blocks');
    return rows.toArray().map((row) => new Uint8Array(row.body));
  }

  /** The height is decided: what it needed goes. */
  clear(): void {
    this.#unwritten = null;
    this.#stored.clear();
    this.#sql.exec('DELETE FROM consensus');
    this.#sql.exec('DELETE FROM consensus_blocks');
  }
}
