/**
 * @module Some final blocks of each chain that this node keeps in short, so that it can compare itself with others without
 * waking a chain: the newest multiples of a few strides, which any two nodes at similar heights have in common.
 */

import { CHECKPOINT_STRIDES, isCheckpoint } from '../../../shared/api/checkpoint-heights.ts';
import type { Checkpoint } from '../../../shared/api/network-views.ts';
import { CHECKPOINTS_MAX } from '../../../shared/api/schemas/network.ts';

export const CREATE_CHECKPOINT_TABLE = `
CREATE TABLE IF NOT EXISTS checkpoints (
  chain_id TEXT NOT NULL,
  height INTEGER NOT NULL,
  hash TEXT NOT NULL,
  state_root TEXT NOT NULL,
  PRIMARY KEY (chain_id, height)
) STRICT, WITHOUT ROWID;
`;

/** Multiples of each stride that are kept. */
const KEPT_PER_STRIDE = CHECKPOINTS_MAX / CHECKPOINT_STRIDES.length;

export class CheckpointTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Ascending. */
  of(chainId: string): Checkpoint[] {
    return this.#sql
      .exec<{ height: number; hash: string; state_root: string }>(
        'SELECT height, hash, state_root FROM checkpoints WHERE chain_id = ? ORDER BY height',
        chainId,
      )
      .toArray();
  }

  /** Adds blocks of a chain; heights in between are passed over, and the oldest make room. */
  add(chainId: string, blocks: readonly Checkpoint[]): void {
    const known = this.of(chainId);
    const top = known.at(-1)?.height ?? 0;
    const fresh = blocks.filter(({ height }) => height > top && isCheckpoint(height));
    if (fresh.length === 0) return;
    const kept = new Set(keptHeights([...known, ...fresh].map(({ height }) => height)));
    for (const { height, hash, state_root } of fresh) {
      if (!kept.has(height)) continue;
      this.#sql.exec(
        'INSERT OR IGNORE INTO checkpoints VALUES (?, ?, ?, ?)',
        chainId,
        height,
        hash,
        state_root,
      );
    }
    for (const { height } of known) {
      if (kept.has(height)) continue;
      this.#sql.exec('DELETE FROM checkpoints WHERE chain_id = ? AND height = ?', chainId, height);
    }
  }
}

/** Which of these heights stay: the highest few multiples of each stride. */
export function keptHeights(heights: readonly number[]): number[] {
  const descending = [...heights].sort((a, b) => b - a);
  const kept = CHECKPOINT_STRIDES.flatMap((stride) =>
    descending.filter((height) => height % stride === 0).slice(0, KEPT_PER_STRIDE),
  );
  return [...new Set(kept)].sort((a, b) => a - b);
}
