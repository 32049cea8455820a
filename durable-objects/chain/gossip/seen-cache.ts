/** @module What was seen lately, by content id: bounded in count and age, the oldest goes first. */
import { AgingMap } from '../../runtime/aging-map.ts';

interface Entry<V> {
  readonly value: V;
  readonly atMs: number;
}

export class SeenCache<V> {
  readonly #max: number;
  readonly #ttlMs: number;
  readonly #entries = new AgingMap<Entry<V>>();

  constructor(max: number, ttlMs: number) {
    this.#max = max;
    this.#ttlMs = ttlMs;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** What was kept with the id; undefined once it is too old or too many came after it. */
  get(id: string, nowMs: number): V | undefined {
    const entry = this.#entries.get(id);
    if (entry === undefined) return undefined;
    if (nowMs - entry.atMs < this.#ttlMs) return entry.value;
    this.#entries.delete(id);
    return undefined;
  }

  /** Remembers an id from now on. */
  add(id: string, value: V, nowMs: number): void {
    this.#entries.add(id, { value, atMs: nowMs });
    for (let oldest = this.#entries.oldest(); oldest !== null; oldest = this.#entries.oldest()) {
      const [oldestId, { atMs }] = oldest;
      if (this.#entries.size <= this.#max && nowMs - atMs < this.#ttlMs) return;
      this.#entries.delete(oldestId);
    }
  }

  delete(id: string): void {
    this.#entries.delete(id);
  }
}
