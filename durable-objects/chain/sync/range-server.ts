/** @module Final blocks for other nodes, so many bytes for each of them: whoever catches up may not slow down who is ahead. */
import type { ChainHead, Result } from '../../../shared/api/objects.ts';
import { RANGE_BLOCKS_MAX, RANGE_BYTES_FULL } from '../../../shared/api/p2p/blocks-codec.ts';
import type { CertifiedBytes } from '../../../shared/protocol/execution/linked-blocks.ts';
import { KeyedBuckets } from '../../runtime/keyed-buckets.ts';
import { fail, ok } from '../../runtime/rpc-result.ts';
import type { ChainStore } from '../store.ts';
import { SERVED_BUDGET, SERVED_PEERS_MAX, SERVED_REQUEST_COST } from './limits.ts';

/** What another node asks for; `peer` is the key that it has shown. */
export interface ServedRange {
  readonly from: number;
  readonly to: number;
  readonly peer: string;
}

export class RangeServer {
  readonly #store: ChainStore;
  readonly #budgets = new KeyedBuckets(SERVED_BUDGET, SERVED_PEERS_MAX);

  constructor(store: ChainStore) {
    this.#store = store;
  }

  /** The heights asked for, as far as there are any and until the answer is full. Refuses with RATE_LIMITED. */
  serve(
    { from, to, peer }: ServedRange,
    head: ChainHead,
    nowMs: number,
  ): Result<{ blocks: CertifiedBytes[]; head: ChainHead }> {
    const limit = Math.min(to - from + 1, RANGE_BLOCKS_MAX);
    const blocks = this.#store.certified(from, limit, RANGE_BYTES_FULL);
    const bytes = blocks.reduce((sum, { body, certificate }) => sum + body.length + certificate.length, 0);
    if (!this.#budgets.take(peer, SERVED_REQUEST_COST + bytes, nowMs)) {
      return fail('RATE_LIMITED', 'this node asks for too much at once');
    }
    return ok({ blocks, head });
  }
}
