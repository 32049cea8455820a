/** @module State trees for tests: a page store in memory, keys whose paths collide far down, and the shape of the vectors. */
import type { PageReader } from '../../shared/protocol/merkle/page-store.ts';
import { updateTree } from '../../shared/protocol/merkle/state-tree.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import type { StateWrite } from '../../shared/protocol/primitives/state-reader.ts';

/** Pages in memory. */
export class PageMap implements PageReader {
  readonly #pages = new Map<string, Uint8Array>();

  getPage(id: string): Uint8Array | null {
    return this.#pages.get(id) ?? null;
  }

  /** Applies the writes, keeps the pages and returns the root. */
  apply(writes: readonly StateWrite[]): Uint8Array {
    const { root, pages } = updateTree(this, writes);
    for (const { id, bytes } of pages) {
      if (bytes === null) this.#pages.delete(id);
      else this.#pages.set(id, bytes);
    }
    return root;
  }

  /** All pages by id, as hex. */
  content(): [string, string][] {
    const pages = [...this.#pages].map(([id, bytes]): [string, string] => [id, toHex(bytes)]);
    return pages.sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Four-byte keys of namespace `n`. The paths of each pair share their first 36 bits; the last ones stand alone. */
export const collidingKeys: readonly Uint8Array[] = [
  [215_120, 294_408],
  [292_735, 517_035],
  [529_092, 630_096],
  [126_202, 671_904],
  [16_723, 751_166],
  [609_535, 886_469],
  [188_491, 1_043_511],
  [12_057, 1_090_993],
  [502_777, 1_154_080],
  [72_792, 1_187_918],
  [1, 2, 3, 4, 5, 6],
]
  .flat()
  .map((index) => Uint8Array.of(index >> 24, index >> 16, index >> 8, index));

/** test/vectors/state-tree.json: entries are [namespace, key, value]; all bytes are 0x-hex. */
export interface StateVectors {
  readonly paths: readonly { readonly namespace: string; readonly key: string; readonly path: string }[];
  readonly trees: readonly {
    readonly name: string;
    readonly entries: readonly (readonly [string, string, string])[];
    readonly root: string;
    readonly proofs: readonly {
      readonly namespace: string;
      readonly key: string;
      /** Null where the key is absent. */
      readonly value: string | null;
      /** CBOR([bitmap, siblings, null or [path, value hash]]). */
      readonly proof: string;
    }[];
  }[];
}
