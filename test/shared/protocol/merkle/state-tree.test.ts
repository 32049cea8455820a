/** @module The paged state tree against its definition, its vectors, and itself in another order. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { PageReader } from '../../../../shared/protocol/merkle/page-store.ts';
import { decodePage, PAGE_LEVELS } from '../../../../shared/protocol/merkle/state-page.ts';
import {
  EMPTY_HASH,
  statePath,
  treeRoot,
  updateTree,
} from '../../../../shared/protocol/merkle/state-tree.ts';
import { AssertionError } from '../../../../shared/protocol/primitives/assert.ts';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import type { StateWrite } from '../../../../shared/protocol/primitives/state-reader.ts';
import { type NaiveEntry, naiveRoot } from '../../../support/naive-state-tree.ts';
import { collidingKeys, PageMap, type StateVectors } from '../../../support/state-trees.ts';
import { readVectors } from '../../../support/vectors.ts';

const vectors = readVectors<StateVectors>('state-tree');

const keyOf = (index: number) => collidingKeys[index % collidingKeys.length] ?? new Uint8Array(0);
const writes = fc.array(
  fc.record({
    namespace: fc.constant('n'),
    key: fc.nat(collidingKeys.length - 1).map(keyOf),
    value: fc.option(fc.uint8Array({ maxLength: 3 })),
  }),
  { maxLength: 60 },
);

/** What a map holds after the writes. */
function contentOf(list: readonly StateWrite[]): NaiveEntry[] {
  const map = new Map<string, NaiveEntry>();
  for (const { namespace, key, value } of list) {
    const id = `${namespace}/${toHex(key)}`;
    if (value === null) map.delete(id);
    else map.set(id, { namespace, key, value });
  }
  return [...map.values()];
}

function batches(list: readonly StateWrite[], sizes: readonly number[]): StateWrite[][] {
  const rest = [...list];
  const parts = sizes.map((size) => rest.splice(0, size));
  return [...parts, rest];
}

describe('vectors', () => {
  test.each(vectors.trees)('$name: both implementations give the root', ({ entries, root }) => {
    const content = entries.map(([namespace, key, value]) => ({
      namespace,
      key: fromHex(key),
      value: fromHex(value),
    }));
    const pages = new PageMap();
    expect(toHex(pages.apply(content))).toBe(root);
    expect(toHex(treeRoot(pages))).toBe(root);
    expect(toHex(naiveRoot(content))).toBe(root);
  });

  test.each(vectors.paths)('the path of $namespace $key', ({ namespace, key, path }) => {
    expect(toHex(statePath(namespace, fromHex(key)))).toBe(path);
  });
});

describe('the tree', () => {
  test('is 32 zero bytes and no page when it is empty', () => {
    expect(treeRoot(new PageMap())).toEqual(EMPTY_HASH);
    expect(updateTree(new PageMap(), [])).toEqual({ root: EMPTY_HASH, pages: [] });
  });

  test('has the root that its definition gives, after any writes in any batches', () => {
    fc.assert(
      fc.property(writes, fc.array(fc.nat(10), { maxLength: 8 }), (list, sizes) => {
        const pages = new PageMap();
        let root: Uint8Array = EMPTY_HASH;
        for (const batch of batches(list, sizes)) root = pages.apply(batch);
        expect(toHex(root)).toBe(toHex(naiveRoot(contentOf(list))));
        expect(toHex(treeRoot(pages))).toBe(toHex(root));
      }),
      { numRuns: 300 },
    );
  });

  test('is stored in the same pages whatever the order and the batches', () => {
    fc.assert(
      fc.property(writes, fc.array(fc.nat(10), { maxLength: 8 }), fc.nat(), (list, sizes, seed) => {
        const pages = new PageMap();
        for (const batch of batches(list, sizes)) pages.apply(batch);
        const direct = new PageMap();
        const content = contentOf(list);
        direct.apply(seed % 2 === 0 ? content : content.toReversed());
        expect(pages.content()).toEqual(direct.content());
      }),
      { numRuns: 300 },
    );
  });

  test('counts the last write to a key of a batch', () => {
    const [key] = [keyOf(0)];
    const write = (value: number[] | null): StateWrite => ({
      namespace: 'n',
      key,
      value: value === null ? null : Uint8Array.from(value),
    });
    const last = new PageMap();
    last.apply([write([3])]);
    const all = new PageMap();
    all.apply([write([1]), write(null), write([2]), write([3])]);
    expect(all.content()).toEqual(last.content());
    all.apply([write([4]), write(null)]);
    expect(all.content()).toEqual([]);
  });

  test('tells an empty value from none, and one namespace from another', () => {
    const key = Uint8Array.of(1);
    const empty = new PageMap();
    const root = empty.apply([{ namespace: 'a', key, value: new Uint8Array(0) }]);
    expect(root).not.toEqual(EMPTY_HASH);
    expect(new PageMap().apply([{ namespace: 'b', key, value: new Uint8Array(0) }])).not.toEqual(root);
    expect(statePath('ab', Uint8Array.of(99))).not.toEqual(statePath('abc', new Uint8Array(0)));
  });

  test('refuses namespaces and keys beyond their limits', () => {
    expect(statePath('n'.repeat(64), new Uint8Array(256))).toHaveLength(32);
    expect(() => statePath('n'.repeat(65), new Uint8Array(0))).toThrow(AssertionError);
    expect(() => statePath('', new Uint8Array(0))).toThrow(AssertionError);
    expect(() => statePath('n', new Uint8Array(257))).toThrow(AssertionError);
  });
});

describe('pages', () => {
  test('are not written when nothing in them changes', () => {
    const pages = new PageMap();
    const content = collidingKeys.map((key) => ({ namespace: 'n', key, value: Uint8Array.of(1) }));
    pages.apply(content);
    expect(updateTree(pages, content).pages).toEqual([]);
    expect(updateTree(pages, [{ namespace: 'other', key: keyOf(0), value: null }]).pages).toEqual([]);
  });

  test('are read once each, and only where a write leads', () => {
    const pages = new PageMap();
    pages.apply(collidingKeys.map((key) => ({ namespace: 'n', key, value: Uint8Array.of(1) })));
    const read: string[] = [];
    const spying: PageReader = {
      getPage(id) {
        read.push(id);
        return pages.getPage(id);
      },
    };
    const path = toHex(statePath('n', keyOf(0))).slice(2);
    updateTree(spying, [{ namespace: 'n', key: keyOf(0), value: Uint8Array.of(2) }]);
    expect(new Set(read).size).toBe(read.length);
    for (const id of read) expect(path.startsWith(id)).toBe(true);
  });

  test('leave nothing behind when all leaves are deleted', () => {
    const pages = new PageMap();
    pages.apply(collidingKeys.map((key) => ({ namespace: 'n', key, value: Uint8Array.of(1) })));
    expect(pages.content().length).toBeGreaterThan(9);
    expect(pages.apply(collidingKeys.map((key) => ({ namespace: 'n', key, value: null })))).toEqual(
      EMPTY_HASH,
    );
    expect(pages.content()).toEqual([]);
  });

  test('fold back into one when the one of two deep neighbours goes', () => {
    const [first, second] = [keyOf(0), keyOf(1)];
    const alone = new PageMap();
    alone.apply([{ namespace: 'n', key: first, value: Uint8Array.of(1) }]);
    const pair = new PageMap();
    pair.apply([first, second].map((key) => ({ namespace: 'n', key, value: Uint8Array.of(1) })));
    expect(pair.content().length).toBeGreaterThan(8);
    pair.apply([{ namespace: 'n', key: second, value: null }]);
    expect(pair.content()).toEqual(alone.content());
  });
});

describe('corrupt storage', () => {
  const stored = (): PageMap => {
    const pages = new PageMap();
    pages.apply(collidingKeys.map((key) => ({ namespace: 'n', key, value: Uint8Array.of(1) })));
    return pages;
  };
  const touchAll: StateWrite[] = collidingKeys.map((key) => ({
    namespace: 'n',
    key,
    value: Uint8Array.of(2),
  }));

  test('fails loudly when a page is missing', () => {
    const pages = stored();
    for (const [id] of pages.content()) {
      if (id === '') continue;
      const hole: PageReader = { getPage: (asked) => (asked === id ? null : pages.getPage(asked)) };
      expect(() => updateTree(hole, touchAll)).toThrow(AssertionError);
    }
  });

  test('fails loudly when a page is cut, longer, empty or of another place', () => {
    const pages = stored();
    const root = pages.getPage('') ?? new Uint8Array(0);
    const faults: [string, Uint8Array][] = [
      ['', new Uint8Array(0)],
      ['', root.subarray(0, 3)],
      ['', root.subarray(0, root.length - 1)],
      ['', Uint8Array.from([...root, 0])],
      ['', new Uint8Array(1 << (PAGE_LEVELS - 2))],
      ['', root.map((byte, i) => (i < 1 << (PAGE_LEVELS - 2) ? 255 : byte))],
    ];
    for (const [id, bytes] of faults) expect(() => decodePage(id, bytes)).toThrow(AssertionError);
    const [id, bytes] = pages
      .content()
      .reduce((deepest, page) => (page[0].length > deepest[0].length ? page : deepest));
    expect(id.length).toBeGreaterThan(8);
    const elsewhere = `${id[0] === '0' ? '1' : '0'}${id.slice(1)}`;
    expect(() => decodePage(elsewhere, fromHex(bytes))).toThrow(AssertionError);
    const single = new PageMap();
    single.apply([{ namespace: 'n', key: keyOf(0), value: Uint8Array.of(1) }]);
    const leaf = single.getPage('') ?? new Uint8Array(0);
    expect(() => decodePage('', leaf)).not.toThrow();
    expect(() => decodePage('0', leaf)).toThrow(AssertionError);
  });
});

test('ten thousand leaves are updated with one read and one write of each page', () => {
  const pages = new PageMap();
  const all = (version: number): StateWrite[] =>
    Array.from({ length: 10_000 }, (_, i) => ({
      namespace: 'accounts',
      key: Uint8Array.of(i >> 8, i & 255, 0, 0),
      value: Uint8Array.of(version),
    }));
  pages.apply(all(0));
  let reads = 0;
  const counting: PageReader = {
    getPage(id) {
      reads += 1;
      return pages.getPage(id);
    },
  };
  const update = updateTree(counting, all(1));
  expect(reads).toBe(pages.content().length);
  expect(update.pages.length).toBeLessThanOrEqual(reads);
  expect(new Set(update.pages.map((page) => page.id)).size).toBe(update.pages.length);
});
