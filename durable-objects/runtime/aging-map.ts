/**
 * @module A map that knows its oldest entry at no cost. A plain one keeps the places of what was deleted, so that looking
 * for its first entry, as every bounded cache does, walks over all of them: 50 us among 50,000.
 */

export class AgingMap<V> {
  /** In order of insertion. */
  readonly #entries = new Map<string, { readonly value: V }>();
  /** Goes on behind `#oldest`; it also sees what is added later. */
  #rest: Iterator<[string, { readonly value: V }]> = this.#entries.entries();
  #oldest: [string, { readonly value: V }] | undefined;

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)?.value;
  }

  /** Adds an entry as the newest, also where the key is there already. */
  add(key: string, value: V): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** The entry that was added before all others; null when there is none. */
  oldest(): readonly [key: string, value: V] | null {
    while (this.#entries.size > 0) {
      const known = this.#oldest;
      if (known !== undefined && this.#entries.get(known[0]) === known[1]) return [known[0], known[1].value];
      const next = this.#rest.next();
      this.#oldest = next.done === true ? undefined : next.value;
      if (next.done === true) this.#rest = this.#entries.entries();
    }
    return null;
  }
}
