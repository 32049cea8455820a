/** @module Any cut of the state tree into subtrees gives the root that its definition gives. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../../../shared/protocol/crypto/hashing.ts';
import { bitAt, statePath } from '../../../../shared/protocol/merkle/state-node.ts';
import {
  firstPath,
  hasPrefix,
  nextPrefix,
  rootOfSubtrees,
  subtreeHash,
} from '../../../../shared/protocol/merkle/state-subtree.ts';
import { compareBytes } from '../../../../shared/protocol/primitives/bytes.ts';
import { naiveRoot } from '../../../support/naive-state-tree.ts';

const keys = fc.uniqueArray(fc.nat(5_000), { maxLength: 60 });

function entriesOf(numbers: readonly number[]) {
  return numbers.map((number) => ({
    namespace: 'n',
    key: new Uint8Array([number >> 8, number & 255]),
    value: new Uint8Array([number & 7]),
  }));
}

/** Cuts until no part has more leaves than `most`. */
function cut(paths: readonly Uint8Array[], most: number): string[] {
  const prefixes: string[] = [];
  for (let prefix: string | null = ''; prefix !== null; ) {
    const wanted: string = prefix;
    if (paths.filter((path) => hasPrefix(path, wanted)).length > most) {
      prefix = `${wanted}0`;
      continue;
    }
    prefixes.push(wanted);
    prefix = nextPrefix(wanted);
  }
  return prefixes;
}

describe('subtrees', () => {
  it('make up the root of the whole, however it is cut', () => {
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 20 }), (numbers, most) => {
        const entries = entriesOf(numbers);
        const leaves = entries
          .map(({ namespace, key, value }) => ({ path: statePath(namespace, key), valueHash: sha256(value) }))
          .sort((a, b) => compareBytes(a.path, b.path));
        const prefixes = cut(
          leaves.map(({ path }) => path),
          most,
        );
        const parts = prefixes.map((prefix) => {
          const mine = leaves.filter(({ path }) => hasPrefix(path, prefix));
          return { prefix, leaves: mine.length, hash: subtreeHash(prefix, mine) };
        });
        expect(rootOfSubtrees(parts)).toEqual(naiveRoot(entries));
        if (parts.length > 1) expect(rootOfSubtrees(parts.slice(1))).toBeNull();
      }),
    );
  });
});

describe('a prefix', () => {
  it('begins with its first path, and is followed by the shortest one to its right', () => {
    expect(bitAt(firstPath('001'), 2)).toBe(1);
    expect(hasPrefix(firstPath('0110'), '0110')).toBe(true);
    expect(['', '0', '1', '0011', '10'].map(nextPrefix)).toEqual([null, '1', null, '01', '11']);
  });
});
