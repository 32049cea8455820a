/** @module Blocks that were executed a moment ago, as values: the drain need not decode them again. A cache, nothing more. */
import type { DecodedBlock } from '../../shared/ledger/ledger-block.ts';
import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';
import { BLOCK_BYTES_MAX } from '../../shared/protocol/primitives/limits.ts';

/** Bytes of the bodies kept: one full block, which holds some ten times as much as values, and objects share 128 MB. */
export const RECENT_BYTES_MAX = BLOCK_BYTES_MAX;

/** Kept only while the ledger takes blocks: for one that is down or missing they would lie here unused. */
export class RecentBlocks {
  readonly #blocks = new Map<number, { readonly decoded: DecodedBlock; readonly bytes: number }>();
  #bytes = 0;
  #isWanted = false;

  /** The ledger takes blocks as they come, or does not. */
  want(isWanted: boolean): void {
    this.#isWanted = isWanted;
    if (isWanted) return;
    this.#blocks.clear();
    this.#bytes = 0;
  }

  /** A block for which there is no room is left out: those before it are drained first. */
  keep({ block, receipts, body }: Pick<ExecutedBlock, 'block' | 'receipts' | 'body'>): void {
    if (!this.#isWanted || this.#bytes + body.length > RECENT_BYTES_MAX) return;
    this.#blocks.set(block.header.height, { decoded: { block, receipts }, bytes: body.length });
    this.#bytes += body.length;
  }

  /** The block at this height, once: whoever takes it was the one that needed it. */
  take(height: number): DecodedBlock | undefined {
    const kept = this.#blocks.get(height);
    if (kept === undefined) return undefined;
    this.#blocks.delete(height);
    this.#bytes -= kept.bytes;
    return kept.decoded;
  }
}
