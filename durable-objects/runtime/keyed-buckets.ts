/** @module A token bucket for each of many senders, of whom the longest silent are forgotten first. */
import { TokenBucket } from './token-bucket.ts';

export class KeyedBuckets {
  readonly #budget: { readonly rate: number; readonly burst: number };
  readonly #keysMax: number;
  /** The longest unused first. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(budget: { readonly rate: number; readonly burst: number }, keysMax: number) {
    this.#budget = budget;
    this.#keysMax = keysMax;
  }

  /** Takes `cost` from the bucket of this sender if it is there. */
  take(key: string, cost: number, nowMs: number): boolean {
    const bucket = this.#buckets.get(key) ?? new TokenBucket(this.#budget, nowMs);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > this.#keysMax && oldest !== undefined) this.#buckets.delete(oldest);
    return bucket.take(cost, nowMs);
  }
}
