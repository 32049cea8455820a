/** @module Snapshots as rows: what is cut so far, chunks, and the manifest once all of them are there. */
import {
  decodeLightBlock,
  encodeLightBlock,
  type LightBlock,
} from '../../../shared/protocol/light-client/light-block.ts';
import type { PathPrefix, SubtreeSummary } from '../../../shared/protocol/merkle/state-subtree.ts';

/** A snapshot that is being cut. */
export interface OpenSnapshot {
  readonly height: number;
  /** Of the block whose state it is. */
  readonly light: LightBlock;
  /** The first prefix that is not cut yet; null when all are. */
  readonly cursor: PathPrefix | null;
}

/** A snapshot that is whole. */
export interface WholeSnapshot {
  readonly height: number;
  readonly chunks: number;
  /** Bytes of all chunks. */
  readonly bytes: number;
}

export class SnapshotRows {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  begin(light: LightBlock): void {
    this.#sql.exec(
      "INSERT INTO snapshots VALUES (?, ?, '', NULL)",
      light.header.height,
      encodeLightBlock(light),
    );
  }

  /** The one that is being cut; there is never a second. */
  open(): OpenSnapshot | null {
    const [row] = this.#sql
      .exec<{ height: number; light: ArrayBuffer; cursor: string | null }>(
        'SELECT height, light, cursor FROM snapshots WHERE manifest IS NULL',
      )
      .toArray();
    if (row === undefined) return null;
    return { height: row.height, light: decodeLightBlock(new Uint8Array(row.light)), cursor: row.cursor };
  }

  addChunk(height: number, position: number, summary: SubtreeSummary, bytes: Uint8Array): void {
    const { prefix, leaves, hash } = summary;
    const values = [height, position, prefix, leaves, hash, bytes];
    this.#sql.exec('INSERT INTO snapshot_chunks VALUES (?, ?, ?, ?, ?, ?)', ...values);
  }

  setCursor(height: number, cursor: PathPrefix | null): void {
    this.#sql.exec('UPDATE snapshots SET cursor = ? WHERE height = ?', cursor, height);
  }

  complete(height: number, manifest: Uint8Array): void {
    this.#sql.exec('UPDATE snapshots SET manifest = ? WHERE height = ?', manifest, height);
  }

  /** The chunks of a snapshot as its manifest lists them. */
  summaries(height: number): SubtreeSummary[] {
    return this.#sql
      .exec<{ prefix: string; leaves: number; hash: ArrayBuffer }>(
        'SELECT prefix, leaves, hash FROM snapshot_chunks WHERE height = ? ORDER BY position',
        height,
      )
      .toArray()
      .map(({ prefix, leaves, hash }) => ({ prefix, leaves, hash: new Uint8Array(hash) }));
  }

  /** Newest first. */
  whole(): WholeSnapshot[] {
    return this.#sql
      .exec<{ height: number; chunks: number; bytes: number }>(
        `SELECT height, count(*) AS chunks, sum(length(c.bytes)) AS bytes
         FROM snapshots JOIN snapshot_chunks c USING (height)
         WHERE manifest IS NOT NULL GROUP BY height ORDER BY height DESC`,
      )
      .toArray();
  }

  manifest(height: number): Uint8Array | null {
    const [row] = this.#sql
      .exec<{ manifest: ArrayBuffer | null }>('SELECT manifest FROM snapshots WHERE height = ?', height)
      .toArray();
    return row?.manifest == null ? null : new Uint8Array(row.manifest);
  }

  chunk(height: number, position: number): Uint8Array | null {
    const [row] = this.#sql
      .exec<{ bytes: ArrayBuffer }>(
        'SELECT c.bytes FROM snapshot_chunks c JOIN snapshots USING (height) WHERE height = ? AND position = ? AND manifest IS NOT NULL',
        height,
        position,
      )
      .toArray();
    return row === undefined ? null : new Uint8Array(row.bytes);
  }

  drop(height: number): void {
    this.#sql.exec('DELETE FROM snapshot_chunks WHERE height = ?', height);
    this.#sql.exec('DELETE FROM snapshots WHERE height = ?', height);
  }
}
