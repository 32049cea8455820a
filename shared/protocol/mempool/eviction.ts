/** @module Whose last transaction goes when the mempool is full. */
import { Heap } from './heap.ts';
import { goesBefore, type PoolEntry } from './pool-entry.ts';
import type { SenderQueue } from './sender-queue.ts';

interface Ranked {
  readonly queue: SenderQueue;
  readonly weakest: PoolEntry;
  readonly version: number;
}

/** Stale items that may lie in the heap per sender before it is made anew. */
const STALE_FACTOR = 4;
const STALE_SLACK = 1_024;

/**
 * Ranks senders by their weakest entry: a transaction is worth no more than what must be included before it. The tail of
 * the last sender is the victim, so no gap is left behind. Made when the mempool is full, void after each block.
 */
export class EvictionOrder {
  readonly #heap: Heap<Ranked>;
  readonly #itemsMax: number;

  constructor(queues: Iterable<SenderQueue>) {
    const items: Ranked[] = [];
    for (const queue of queues) {
      const item = rank(queue);
      if (item !== undefined) items.push(item);
    }
    this.#itemsMax = STALE_FACTOR * items.length + STALE_SLACK;
    this.#heap = new Heap(goesLater, items);
  }

  /** True when so much in here is stale that a new order is cheaper. */
  get isWorn(): boolean {
    return this.#heap.size > this.#itemsMax;
  }

  /** Takes notice of a queue that has changed. */
  update(queue: SenderQueue): void {
    const item = rank(queue);
    if (item !== undefined) this.#heap.push(item);
  }

  /** The entry to evict next. */
  victim(): PoolEntry | undefined {
    for (;;) {
      const last = this.#heap.peek();
      if (last === undefined) return undefined;
      if (last.version === last.queue.version) return last.queue.tail;
      this.#heap.pop();
    }
  }
}

function rank(queue: SenderQueue): Ranked | undefined {
  const weakest = queue.weakest;
  return weakest === undefined ? undefined : { queue, weakest, version: queue.version };
}

function goesLater(a: Ranked, b: Ranked): boolean {
  if (a.weakest === b.weakest) return a.version > b.version;
  return goesBefore(b.weakest, a.weakest);
}
