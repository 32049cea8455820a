/**
 * @module What the state after one block holds, read from the storage of whichever node asks first. All nodes with that
 * block have the same state: a run without memos and the comparison at the end of every run show it.
 */
import type { PageReader } from '../../shared/protocol/merkle/page-store.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';

export class StateCache {
  readonly #leaves = new Map<string, Uint8Array | null>();
  readonly #pages = new Map<string, Uint8Array | null>();

  /** A reader over a node's storage that asks it only for what nobody has read yet. */
  over(store: StateReader & PageReader): StateReader & PageReader {
    return {
      get: (namespace, key) => {
        const id = `${namespace}\0${String.fromCharCode.apply(null, key as unknown as number[])}`;
        let value = this.#leaves.get(id);
        if (value === undefined) {
          value = store.get(namespace, key);
          this.#leaves.set(id, value);
        }
        return value;
      },
      getPage: (id) => {
        let page = this.#pages.get(id);
        if (page === undefined) {
          page = store.getPage(id);
          this.#pages.set(id, page);
        }
        return page;
      },
    };
  }
}
