/** @module The order in which a block takes pending transactions. */
import type { SignedTransaction } from '../transaction/transaction.ts';
import { Heap } from './heap.ts';
import { goesBefore, type PoolEntry } from './pool-entry.ts';
import type { SenderQueue } from './sender-queue.ts';

/** A sender's next candidate while a block is filled. */
interface Cursor {
  readonly queue: SenderQueue;
  readonly index: number;
  readonly head: PoolEntry;
}

/**
 * The best of all senders' next transactions, again and again. Costs time for what is taken, not for what is pending: one
 * pass over the senders, then a logarithm of them each. The queues must not change meanwhile.
 */
export function* inPriorityOrder(
  queues: Iterable<SenderQueue>,
): Generator<SignedTransaction, void, undefined> {
  const heads: Cursor[] = [];
  for (const queue of queues) {
    const [head] = queue.entries;
    if (queue.ready > 0 && head !== undefined) heads.push({ queue, index: 0, head });
  }
  const heap = new Heap<Cursor>((a, b) => goesBefore(a.head, b.head), heads);
  for (let first = heap.pop(); first !== undefined; first = heap.pop()) {
    yield first.head.signed;
    const index = first.index + 1;
    const head = first.queue.entries[index];
    if (index < first.queue.ready && head !== undefined) heap.push({ queue: first.queue, index, head });
  }
}
