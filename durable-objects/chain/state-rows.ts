/**
 * @module The leaves of the state as rows in the order of their paths, so that a subtree is one range of rows. While a
 * snapshot is cut, what a leaf was when it began is kept beside it.
 */
import type { StateLeaf } from '../../shared/protocol/light-client/snapshot-chunk.ts';
import { statePath } from '../../shared/protocol/merkle/state-node.ts';
import { firstPath, nextPrefix, type PathPrefix } from '../../shared/protocol/merkle/state-subtree.ts';
import { compareBytes } from '../../shared/protocol/primitives/bytes.ts';
import type { StateReader, StateWrite } from '../../shared/protocol/primitives/state-reader.ts';
import { RowBatch } from './row-batch.ts';

/** Above every path: a path has 32 bytes. */
const PAST_ALL_PATHS = new Uint8Array(33).fill(0xff);

export class StateRows implements StateReader {
  readonly #sql: SqlStorage;
  readonly #leaves: RowBatch;
  /** Leaves from this path on are kept as they were before they change; null while no snapshot is cut. */
  #keptFrom: Uint8Array | null = null;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    this.#leaves = new RowBatch(
      sql,
      3,
      (values) =>
        `INSERT INTO state VALUES ${values} ON CONFLICT (path) DO UPDATE SET value = excluded.value`,
    );
  }

  get(namespace: string, key: Uint8Array): Uint8Array | null {
    const [row] = this.#sql
      .exec<{ value: ArrayBuffer }>('SELECT value FROM state WHERE path = ?', statePath(namespace, key))
      .toArray();
    return row === undefined ? null : new Uint8Array(row.value);
  }

  /** Writes leaves, each path at most once. */
  write(writes: readonly StateWrite[]): void {
    const leaves: Uint8Array[] = [];
    for (const { namespace, key, value } of writes) {
      const path = statePath(namespace, key);
      const row = leafKey(namespace, key);
      this.#keep(path, row);
      if (value === null) this.#sql.exec('DELETE FROM state WHERE path = ?', path);
      else leaves.push(path, row, value);
    }
    this.#leaves.write(leaves);
  }

  /** Leaves under a prefix from now on stay readable as they are now, and those to its right. */
  keepFrom(prefix: PathPrefix): void {
    this.#keptFrom = firstPath(prefix);
  }

  /** Forgets what was kept. */
  keepNothing(): void {
    this.#keptFrom = null;
    this.#sql.exec('DELETE FROM state_before');
  }

  /**
   * The leaves under a prefix, as they were when keeping began, ascending by path. Null when their values and keys
   * exceed `bytesMax`: then nothing is held.
   */
  under(prefix: PathPrefix, bytesMax: number): StateLeaf[] | null {
    const from = firstPath(prefix);
    const next = nextPrefix(prefix);
    const to = next === null ? PAST_ALL_PATHS : firstPath(next);
    const rows = this.#sql.exec<{ key: ArrayBuffer; value: ArrayBuffer }>(
      `SELECT key, value FROM (
         SELECT path, key, value FROM state_before WHERE path >= ?1 AND path < ?2 AND value IS NOT NULL
         UNION ALL
         SELECT path, key, value FROM state WHERE path >= ?1 AND path < ?2
           AND NOT EXISTS (SELECT 1 FROM state_before WHERE state_before.path = state.path)
       ) ORDER BY path`,
      from,
      to,
    );
    const leaves: StateLeaf[] = [];
    let bytes = 0;
    for (const { key, value } of rows) {
      bytes += key.byteLength + value.byteLength;
      if (bytes > bytesMax && leaves.length > 0) return null;
      leaves.push(leafOf(new Uint8Array(key), new Uint8Array(value)));
    }
    return leaves;
  }

  #keep(path: Uint8Array, row: Uint8Array): void {
    if (this.#keptFrom === null || compareBytes(path, this.#keptFrom) < 0) return;
    this.#sql.exec(
      'INSERT OR IGNORE INTO state_before VALUES (?1, ?2, (SELECT value FROM state WHERE path = ?1))',
      path,
      row,
    );
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A leaf's own name: length-prefixed namespace, then key, as the path is hashed from. */
export function leafKey(namespace: string, key: Uint8Array): Uint8Array {
  const name = encoder.encode(namespace);
  const row = new Uint8Array(1 + name.length + key.length);
  row[0] = name.length;
  row.set(name, 1);
  row.set(key, 1 + name.length);
  return row;
}

function leafOf(row: Uint8Array, value: Uint8Array): StateLeaf {
  const keyAt = 1 + (row[0] as number);
  return { namespace: decoder.decode(row.subarray(1, keyAt)), key: row.slice(keyAt), value };
}
