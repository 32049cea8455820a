/**
 * @module Group commit of submissions: all calls that arrive in one turn of the object share one SQLite transaction and,
 * when a block is due, its block.
 */
import type { Result, SubmitOutcome } from '../../shared/api/objects.ts';

/** Transactions that may wait for the next group; more are refused as overloaded. */
export const INGRESS_TRANSACTIONS_MAX = 20_000;

interface Submission {
  readonly transactions: readonly Uint8Array[];
  resolve(outcomes: Result<SubmitOutcome>[]): void;
  reject(error: unknown): void;
}

export class Ingress {
  readonly #commit: (transactions: readonly Uint8Array[]) => Result<SubmitOutcome>[];
  #waiting: Submission[] = [];
  #transactions = 0;

  /** `commit` admits all given transactions in one durable step and answers for each, in order. */
  constructor(commit: (transactions: readonly Uint8Array[]) => Result<SubmitOutcome>[]) {
    this.#commit = commit;
  }

  /** True when `count` more transactions would exceed the queue. */
  full(count: number): boolean {
    return this.#transactions + count > INGRESS_TRANSACTIONS_MAX;
  }

  submit(transactions: readonly Uint8Array[]): Promise<Result<SubmitOutcome>[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ transactions, resolve, reject });
      this.#transactions += transactions.length;
      if (this.#waiting.length === 1) setTimeout(() => this.#flush(), 0);
    });
  }

  #flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    this.#transactions = 0;
    try {
      const outcomes = this.#commit(group.flatMap((submission) => submission.transactions));
      let offset = 0;
      for (const submission of group) {
        const end = offset + submission.transactions.length;
        submission.resolve(outcomes.slice(offset, end));
        offset = end;
      }
    } catch (error) {
      for (const submission of group) submission.reject(error);
    }
  }
}
