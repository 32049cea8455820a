/** @module A token bucket: so much at once, and so much per second after. */

/** A bucket that fills by `rate` per second up to `burst`. */
export class TokenBucket {
  readonly #rate: number;
  readonly #burst: number;
  #level: number;
  #atMs: number;

  /** Full at `nowMs`. */
  constructor(budget: { readonly rate: number; readonly burst: number }, nowMs: number) {
    this.#rate = budget.rate;
    this.#burst = budget.burst;
    this.#level = budget.burst;
    this.#atMs = nowMs;
  }

  /** Takes `cost` if it is there. A clock that went back fills nothing. */
  take(cost: number, nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#level = Math.min(this.#burst, this.#level + (passedMs * this.#rate) / 1_000);
    this.#atMs = nowMs;
    if (cost > this.#level) return false;
    this.#level -= cost;
    return true;
  }
}
