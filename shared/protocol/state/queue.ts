/**
 * @module First in, first out, in the state: one record per item under its number, and one with the bounds. A state
 * cannot be listed, so whatever is to be found again without its key stands in such a queue.
 */
import { type Codec, tuple, uint } from '../codec/codec.ts';
import { assert } from '../primitives/assert.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { nameKey, numberKey, recordKind, type StateStore } from './state-store.ts';

/** Numbers of the items in a queue: `first` up to but without `next`. */
export interface QueueBounds {
  readonly first: number;
  readonly next: number;
}

const EMPTY: QueueBounds = { first: 0, next: 0 };
const BOUNDS = nameKey('queue');
const boundsCodec: Codec<QueueBounds> = tuple({ first: uint(), next: uint() });

/** The items of one namespace. Numbers are never used twice. */
export class Queue<T> {
  readonly namespace: string;
  readonly #bounds;
  readonly #items;

  constructor(namespace: string, item: Codec<T>) {
    this.namespace = namespace;
    this.#bounds = recordKind(namespace, boundsCodec);
    this.#items = recordKind(namespace, item);
  }

  bounds(reader: StateReader): QueueBounds {
    return this.#bounds.read(reader, BOUNDS) ?? EMPTY;
  }

  /** The item of a number within the bounds. */
  at(reader: StateReader, number: number): T {
    const item = this.#items.read(reader, numberKey(number));
    assert(item !== null, `the queue ${this.namespace} holds every item within its bounds`);
    return item;
  }

  /** The oldest item, or null. */
  oldest(reader: StateReader): T | null {
    const { first, next } = this.bounds(reader);
    return first === next ? null : this.at(reader, first);
  }

  /** Adds an item behind all others; its number. */
  push(store: StateStore, item: T): number {
    const { first, next } = this.bounds(store);
    this.#items.write(store, numberKey(next), item);
    this.#bounds.write(store, BOUNDS, { first, next: next + 1 });
    return next;
  }

  /** Drops the oldest item. */
  shift(store: StateStore): void {
    const { first, next } = this.bounds(store);
    assert(first < next, 'only an item that exists is dropped');
    this.#items.write(store, numberKey(first), null);
    this.#bounds.write(store, BOUNDS, { first: first + 1, next });
  }
}
