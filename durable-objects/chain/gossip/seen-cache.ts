/** @module What was seen lately, by content id: bounded in count and age, the oldest goes first. */

interface Entry<V> {
  readonly value: V;
  readonly atMs: number;
}

export class SeenCache<V> {
  readonly #max: number;
  readonly #ttlMs: number;
  /** In order of insertion, which is that of age. */
  readonly #entries = new Map<string, Entry<V>>();

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
    this.#entries.delete(id);
    this.#entries.set(id, { value, atMs: nowMs });
    for (const [oldest, { atMs }] of this.#entries) {
      if (this.#entries.size <= this.#max && nowMs - atMs < this.#ttlMs) return;
      this.#entries.delete(oldest);
    }
  }

  delete(id: string): void {
    this.#entries.delete(id);
  }
}
