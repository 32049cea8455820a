/** @module What one peer may cause: token buckets per class of work, so that none starves the others or another peer. */
import type { FrameClass } from './frame-class.ts';
import { DIAL_BUDGET, INBOUND_BUDGETS, REQUEST_BUDGET } from './limits.ts';

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

export class InboundBudget {
  readonly #buckets: Readonly<Record<FrameClass | 'dial' | 'request', TokenBucket>>;

  constructor(nowMs: number) {
    this.#buckets = {
      consensus: new TokenBucket(INBOUND_BUDGETS.consensus, nowMs),
      sync: new TokenBucket(INBOUND_BUDGETS.sync, nowMs),
      transactions: new TokenBucket(INBOUND_BUDGETS.transactions, nowMs),
      dial: new TokenBucket(DIAL_BUDGET, nowMs),
      request: new TokenBucket(REQUEST_BUDGET, nowMs),
    };
  }

  /** Whether a frame of the class is within the budget, which then pays for it. */
  takeFrame(frameClass: FrameClass, cost: number, nowMs: number): boolean {
    return this.#buckets[frameClass].take(cost, nowMs);
  }

  /** Whether the peer may open a socket, or send a request, now. */
  takeContact(kind: 'dial' | 'request', nowMs: number): boolean {
    return this.#buckets[kind].take(1, nowMs);
  }
}
