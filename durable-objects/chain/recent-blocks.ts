/** @module Blocks that were executed a moment ago, as values: the drain need not decode them again. A cache, nothing more. */
import type { DecodedBlock } from '../../shared/ledger/ledger-block.ts';
import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';

/** Blocks kept. A full one holds several megabytes as values, and objects share 128 MB. */
export const RECENT_BLOCKS_MAX = 2;

export class RecentBlocks {
  readonly #blocks = new Map<number, DecodedBlock>();

  keep({ block, receipts }: ExecutedBlock): void {
    this.#blocks.set(block.header.height, { block, receipts });
    for (const height of this.#blocks.keys()) {
      if (this.#blocks.size <= RECENT_BLOCKS_MAX) return;
      this.#blocks.delete(height);
    }
  }

  /** The block at this height, once: whoever takes it was the one that needed it. */
  take(height: number): DecodedBlock | undefined {
    const block = this.#blocks.get(height);
    this.#blocks.delete(height);
    return block;
  }
}
