/**
 * @module How often others may call this node: joins by source and in all, everything else by peer. Kept in memory: an
 * eviction fills the buckets again, and only an idle node is evicted.
 */
import { KeyedBuckets } from '../../runtime/keyed-buckets.ts';
import { TokenBucket } from '../../runtime/token-bucket.ts';

/** Joins from one range of addresses, at once and per second: a machine with a devnet of ten fits, then one a minute. */
export const JOINS_PER_SOURCE = { burst: 16, rate: 1 / 60 } as const;
/** Joins from everywhere together. */
export const JOINS_IN_ALL = { burst: 64, rate: 1 } as const;
/** What one peer may do. Exchanges and new notices are rows, so that a peer alone never fills their tables. */
export const PEER_LIMITS = {
  exchange: { burst: 20, rate: 4 },
  notice: { burst: 100, rate: 20 },
  new_notice: { burst: 50, rate: 0.1 },
} as const;
/** Sources and peers whose buckets are kept; beyond it the longest unused goes, which lets nobody exceed the joins in all. */
const BUCKETS_MAX = 1_000;

export class CallLimits {
  readonly #sources = new KeyedBuckets(JOINS_PER_SOURCE, BUCKETS_MAX);
  readonly #peers: Readonly<Record<keyof typeof PEER_LIMITS, KeyedBuckets>> = {
    exchange: new KeyedBuckets(PEER_LIMITS.exchange, BUCKETS_MAX),
    notice: new KeyedBuckets(PEER_LIMITS.notice, BUCKETS_MAX),
    new_notice: new KeyedBuckets(PEER_LIMITS.new_notice, BUCKETS_MAX),
  };
  readonly #joins: TokenBucket;

  constructor(nowMs: number) {
    this.#joins = new TokenBucket(JOINS_IN_ALL, nowMs);
  }

  /** Whether a node may join from this source now. What the source may not costs the others nothing. */
  takeJoin(source: string, nowMs: number): boolean {
    return this.#sources.take(source, 1, nowMs) && this.#joins.take(1, nowMs);
  }

  /** Whether this peer may do this now. */
  take(nodeId: string, what: keyof typeof PEER_LIMITS, nowMs: number): boolean {
    return this.#peers[what].take(nodeId, 1, nowMs);
  }
}
