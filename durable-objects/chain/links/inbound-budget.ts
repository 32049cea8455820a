/** @module What one peer may cause: token buckets per class of work, so that none starves the others or another peer. */
import { TokenBucket } from '../../runtime/token-bucket.ts';
import type { FrameClass } from './frame-class.ts';
import { DIAL_BUDGET, INBOUND_BUDGETS, REQUEST_BUDGET } from './limits.ts';

/** Cost per second and at once, of frames by class and of contacts. */
export type Budgets = Readonly<
  Record<FrameClass | 'dial' | 'request', { readonly rate: number; readonly burst: number }>
>;

/** Of one peer. */
export const PEER_BUDGETS: Budgets = { ...INBOUND_BUDGETS, dial: DIAL_BUDGET, request: REQUEST_BUDGET };

export class InboundBudget {
  readonly #buckets: Readonly<Record<keyof Budgets, TokenBucket>>;

  constructor(nowMs: number, budgets: Budgets) {
    this.#buckets = {
      consensus: new TokenBucket(budgets.consensus, nowMs),
      sync: new TokenBucket(budgets.sync, nowMs),
      transactions: new TokenBucket(budgets.transactions, nowMs),
      dial: new TokenBucket(budgets.dial, nowMs),
      request: new TokenBucket(budgets.request, nowMs),
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
