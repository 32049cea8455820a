/** @module The blocks of this life at heights where nodes compare themselves: the registry gets them with the next snapshot. */
import { isCheckpoint } from '../../shared/api/checkpoint-heights.ts';
import type { Checkpoint } from '../../shared/api/network-views.ts';
import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';

/** Blocks kept: far more heights than pass between two snapshots. */
const KEPT_MAX = 64;

export class RecentCheckpoints {
  #kept: Checkpoint[] = [];

  /** A final block. */
  keep({ hash, block: { header } }: ExecutedBlock): void {
    if (!isCheckpoint(header.height)) return;
    this.#kept = [...this.#kept, { height: header.height, hash, state_root: header.stateRoot }].slice(
      -KEPT_MAX,
    );
  }

  /** Ascending. */
  get list(): readonly Checkpoint[] {
    return this.#kept;
  }
}
