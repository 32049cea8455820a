/**
 * @module Which block holds a transaction that became final lately. The ledger answers for older ones; this index
 * bridges the time until it does. It is a cache: what it has forgotten is read again from the stored blocks.
 */
import type { SubmitOutcome } from '../../shared/api/objects.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { Receipt } from '../../shared/protocol/transaction/receipt.ts';
import { AgingMap } from '../runtime/aging-map.ts';

/** Transactions that are kept: three full blocks of about 6,000. Some 165 bytes each. */
export const FINAL_INDEX_MAX = 18_000;

export interface FinalPosition {
  readonly height: number;
  readonly txIndex: number;
  readonly receiptStatus: number;
}

export class FinalIndex {
  readonly #positions = new AgingMap<FinalPosition>();
  #lowest = Number.POSITIVE_INFINITY;

  /** Adds a block. Blocks come in any order; the oldest entries make room. */
  add(height: number, receipts: readonly Receipt[]): void {
    for (const [txIndex, receipt] of receipts.entries()) {
      this.#positions.add(receipt.txHash, { height, txIndex, receiptStatus: receipt.status });
    }
    this.#lowest = Math.min(this.#lowest, height);
    this.#evict();
  }

  get(hash: string): FinalPosition | undefined {
    return this.#positions.get(hash);
  }

  /** From this height on every transaction is in the index; infinity while it is empty. */
  get completeFrom(): number {
    return this.#lowest;
  }

  get full(): boolean {
    return this.#positions.size >= FINAL_INDEX_MAX;
  }

  #evict(): void {
    while (this.#positions.size > FINAL_INDEX_MAX) {
      const oldest = this.#positions.oldest();
      assert(oldest !== null, 'what is full has an oldest entry');
      const [hash, { height }] = oldest;
      this.#positions.delete(hash);
      this.#lowest = Math.max(this.#lowest, height + 1);
    }
  }
}

/** The answer for a final transaction. */
export function finalOutcome(hash: string, position: FinalPosition): SubmitOutcome {
  return {
    tx_hash: hash,
    status: 'final',
    height: position.height,
    tx_index: position.txIndex,
    receipt_status: position.receiptStatus,
  };
}
