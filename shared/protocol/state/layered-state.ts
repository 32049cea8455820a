/**
 * @module A state with the changes of several blocks above one that is only read: leaves and pages as the next block of
 * a range meets them, and at the end what has to be written.
 */
import type { PageReader, PageWrite } from '../merkle/page-store.ts';
import type { StateReader, StateWrite } from '../primitives/state-reader.ts';
import { Overlay } from './overlay.ts';

/** What blocks change, in the form in which it is stored. */
export interface StateChanges {
  /** Ascending by namespace and key. */
  readonly stateWrites: readonly StateWrite[];
  /** Pages of the state tree. */
  readonly pageWrites: readonly PageWrite[];
}

/** Reads of what is below are kept, so that a leaf or page that many blocks touch is fetched once. */
export class LayeredState implements StateReader, PageReader {
  readonly #pagesBelow: PageReader;
  readonly #leaves: Overlay;
  readonly #pages = new Map<string, Uint8Array | null>();
  readonly #changedPages = new Set<string>();

  constructor(state: StateReader, pages: PageReader) {
    this.#leaves = new Overlay(state);
    this.#pagesBelow = pages;
  }

  get(namespace: string, key: Uint8Array): Uint8Array | null {
    return this.#leaves.get(namespace, key);
  }

  getPage(id: string): Uint8Array | null {
    const known = this.#pages.get(id);
    if (known !== undefined) return known;
    const stored = this.#pagesBelow.getPage(id);
    this.#pages.set(id, stored);
    return stored;
  }

  /** Puts a block on top. */
  apply({ stateWrites, pageWrites }: StateChanges): void {
    for (const { namespace, key, value } of stateWrites) this.#leaves.set(namespace, key, value);
    this.#leaves.commit();
    for (const { id, bytes } of pageWrites) {
      this.#pages.set(id, bytes);
      this.#changedPages.add(id);
    }
  }

  /** The net changes of all blocks: each leaf and page once. */
  changes(): StateChanges {
    const pageWrites = [...this.#changedPages].map((id) => ({ id, bytes: this.#pages.get(id) ?? null }));
    return { stateWrites: this.#leaves.writes(), pageWrites };
  }
}
