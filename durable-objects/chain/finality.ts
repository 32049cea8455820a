/** @module What becomes of transactions after their admission: who waits for them, and where the final ones are. */
import type { Result, SubmitOutcome } from '../../shared/api/objects.ts';
import { decodeReceipts } from '../../shared/protocol/transaction/receipt-codec.ts';
import { ok } from '../runtime/rpc-result.ts';
import { FinalIndex, type FinalPosition, finalOutcome } from './final-index.ts';
import { FinalityWaiters } from './finality-waiters.ts';
import type { ChainStore } from './store.ts';
import type { Departed } from './transaction-pool.ts';

export interface FinalityDeps {
  readonly store: ChainStore;
  readonly headHeight: () => number;
  /** Up to here the ledger answers. */
  readonly ledgerHeight: () => number;
  /** Resolves when the node's registry knows the head. */
  readonly published: () => Promise<void>;
}

export class Finality {
  readonly #deps: FinalityDeps;
  readonly index = new FinalIndex();
  readonly #waiters = new FinalityWaiters();

  constructor(deps: FinalityDeps) {
    this.#deps = deps;
  }

  /** Tells who waits for these transactions. After the turn in which they left the pool. */
  settle(departed: readonly Departed[]): void {
    for (const { hash, status } of departed) {
      const position = status === 'final' ? this.index.get(hash) : undefined;
      this.#waiters.settle(position === undefined ? { tx_hash: hash, status } : finalOutcome(hash, position));
    }
  }

  /**
   * A new transaction may have become final within its own turn, and one with a used nonce may be that very one. Where
   * only the ledger can tell, the refusal says how far the ledger must be to know.
   */
  asItStands(outcome: Result<SubmitOutcome>): Result<SubmitOutcome> {
    if (outcome.ok) {
      const position = this.index.get(outcome.value.tx_hash);
      return position === undefined ? outcome : ok(finalOutcome(outcome.value.tx_hash, position));
    }
    const hash = outcome.problem.extra?.tx_hash;
    if (outcome.problem.code !== 'TX_NONCE_TOO_LOW' || typeof hash !== 'string') return outcome;
    const position = this.position(hash);
    if (position !== undefined) return ok(finalOutcome(hash, position));
    const extra = { ...outcome.problem.extra, ledger_height: this.#deps.ledgerHeight() };
    return { ok: false, problem: { ...outcome.problem, extra } };
  }

  /** The outcome once the transaction has left the pool, or as it stands after `waitMs`. */
  async untilSettled(outcome: Result<SubmitOutcome>, waitMs: number): Promise<Result<SubmitOutcome>> {
    if (!outcome.ok) return outcome;
    let latest = outcome.value;
    if (latest.status === 'pending') latest = (await this.#waiters.wait(latest.tx_hash, waitMs)) ?? latest;
    if (latest.status === 'final') await this.#deps.published();
    return ok(latest);
  }

  /** Where a final transaction is that the ledger may not have yet; undefined = ask the ledger. */
  position(hash: string): FinalPosition | undefined {
    const known = this.index.get(hash);
    if (known !== undefined) return known;
    const { store, headHeight, ledgerHeight } = this.#deps;
    const from = ledgerHeight() + 1;
    if (from >= this.index.completeFrom || from > headHeight()) return undefined;
    for (const block of store.blocks(from, headHeight() - from + 1)) {
      this.index.add(block.height, decodeReceipts(block.receipts));
    }
    return this.index.get(hash);
  }
}
