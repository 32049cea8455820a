/**
 * @module What the state after one block holds: what the state before it held and the block has written, or read from the
 * storage of whichever node asks first. All nodes with that block have the same state: a run without memos and the
 * comparison at the end of every run show it.
 */
import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { PageReader } from '../../shared/protocol/merkle/page-store.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';

export class StateCache {
  readonly #leaves: Map<string, Uint8Array | null>;
  readonly #pages: Map<string, Uint8Array | null>;

  private constructor(
    leaves: Iterable<[string, Uint8Array | null]>,
    pages: Iterable<[string, Uint8Array | null]>,
  ) {
    this.#leaves = new Map(leaves);
    this.#pages = new Map(pages);
  }

  /** Knows nothing yet. */
  static empty(): StateCache {
    return new StateCache([], []);
  }

  /** What is known of the state after a block on top of this one. */
  after({ stateWrites, pageWrites }: ExecutedBlock): StateCache {
    const next = new StateCache(this.#leaves, this.#pages);
    for (const { namespace, key, value } of stateWrites) next.#leaves.set(idOf(namespace, key), value);
    for (const { id, bytes } of pageWrites) next.#pages.set(id, bytes);
    return next;
  }

  /** A reader over a node's storage that asks it only for what nobody has read yet. */
  over(store: StateReader & PageReader): StateReader & PageReader {
    return {
      get: (namespace, key) => {
        const id = idOf(namespace, key);
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

function idOf(namespace: string, key: Uint8Array): string {
  return `${namespace}\0${String.fromCharCode.apply(null, key as unknown as number[])}`;
}
