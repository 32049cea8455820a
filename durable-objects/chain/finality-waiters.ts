/** @module Callers that wait for their transaction to leave the pool. They live in memory: a restart ends the call. */
import type { SubmitOutcome } from '../../shared/api/objects.ts';

/** Calls that may wait at once; one more is answered as pending right away. */
export const WAITERS_MAX = 10_000;

type Resolve = (outcome: SubmitOutcome) => void;

export class FinalityWaiters {
  readonly #waiting = new Map<string, Set<Resolve>>();
  #count = 0;

  /** Resolves with the outcome of `hash`, or with `null` after `waitMs`. */
  wait(hash: string, waitMs: number): Promise<SubmitOutcome | null> {
    if (this.#count >= WAITERS_MAX || waitMs <= 0) return Promise.resolve(null);
    return new Promise((resolve) => {
      const timer = setTimeout(() => finish(null), waitMs);
      const finish = (outcome: SubmitOutcome | null): void => {
        clearTimeout(timer);
        this.#remove(hash, finish);
        resolve(outcome);
      };
      const waiters = this.#waiting.get(hash) ?? new Set();
      waiters.add(finish);
      this.#waiting.set(hash, waiters);
      this.#count += 1;
    });
  }

  /** Answers everyone who waits for this transaction. */
  settle(outcome: SubmitOutcome): void {
    for (const resolve of [...(this.#waiting.get(outcome.tx_hash) ?? [])]) resolve(outcome);
  }

  #remove(hash: string, resolve: Resolve): void {
    const waiters = this.#waiting.get(hash);
    if (waiters?.delete(resolve) !== true) return;
    this.#count -= 1;
    if (waiters.size === 0) this.#waiting.delete(hash);
  }
}
