/** @module The requests of one object that wait for an answer: a few at once, those likely to be answered first. */

/** Requests of one object that wait for an answer at once; the platform allows six, and the ledger needs some. */
export const REQUESTS_WAITING_MAX = 4;

interface Waiter {
  readonly failures: number;
  readonly start: () => void;
}

export class RequestSlots {
  #taken = 0;
  #waiters: Waiter[] = [];

  /** Requests under way. */
  get taken(): number {
    return this.#taken;
  }

  /** Runs `request` as soon as a place is free; among those who wait, the one with the fewest `failures` is next. */
  async run<T>(failures: number, request: () => Promise<T>): Promise<T> {
    if (this.#taken < REQUESTS_WAITING_MAX) this.#taken += 1;
    else await new Promise<void>((start) => this.#waiters.push({ failures, start }));
    try {
      return await request();
    } finally {
      this.#release();
    }
  }

  /** Hands the place on, so that it is never free while somebody waits. */
  #release(): void {
    const [first, ...others] = this.#waiters;
    if (first === undefined) {
      this.#taken -= 1;
      return;
    }
    const next = others.reduce((best, waiter) => (waiter.failures < best.failures ? waiter : best), first);
    this.#waiters = this.#waiters.filter((waiter) => waiter !== next);
    next.start();
  }
}
