/** @module The trees of transactions and receipts against RFC 6962. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MERKLE_PROOF_STEPS_MAX,
  merkleProof,
  merkleRoot,
  verifyMerkleProof,
} from '../../../../shared/protocol/merkle/tree.ts';
import { AssertionError } from '../../../../shared/protocol/primitives/assert.ts';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { readVectors } from '../../../support/vectors.ts';

const vectors = readVectors<{
  leaves: string[];
  roots: string[];
  proofs: { index: number; size: number; proof: string[] }[];
}>('merkle');
const leaves = vectors.leaves.map(fromHex);

const sha256 = (...parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(createHash('sha256').update(Buffer.concat(parts)).digest());

/** MTH as section 2.1 writes it: split at the largest power of two below the size. */
function definedRoot(items: readonly Uint8Array[]): Uint8Array {
  const [first] = items;
  if (first === undefined) return sha256();
  if (items.length === 1) return sha256(Uint8Array.of(0), first);
  const split = 2 ** Math.floor(Math.log2(items.length - 1));
  return sha256(Uint8Array.of(1), definedRoot(items.slice(0, split)), definedRoot(items.slice(split)));
}

/** PATH as section 2.1.1 writes it. */
function definedPath(index: number, items: readonly Uint8Array[]): Uint8Array[] {
  if (items.length <= 1) return [];
  const split = 2 ** Math.floor(Math.log2(items.length - 1));
  const [left, right] = [items.slice(0, split), items.slice(split)];
  return index < split
    ? [...definedPath(index, left), definedRoot(right)]
    : [...definedPath(index - split, right), definedRoot(left)];
}

const lists = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 40 });

describe('vectors', () => {
  test.each(vectors.roots.map((root, size) => ({ root, size })))(
    'the root of $size leaves',
    ({ root, size }) => {
      expect(toHex(merkleRoot(leaves.slice(0, size)))).toBe(root);
      expect(toHex(definedRoot(leaves.slice(0, size)))).toBe(root);
    },
  );

  test.each(vectors.proofs)('the proof of leaf $index of $size', ({ index, size, proof }) => {
    const list = leaves.slice(0, size);
    expect(merkleProof(list, index).map(toHex)).toEqual(proof);
    expect(definedPath(index, list).map(toHex)).toEqual(proof);
    const claim = {
      root: fromHex(vectors.roots[size] ?? ''),
      leaf: list[index] ?? new Uint8Array(0),
      index,
      size,
    };
    expect(verifyMerkleProof(claim, proof.map(fromHex))).toBe(true);
  });
});

describe('for any list', () => {
  test('root and proofs are those of the definition, and each proof holds', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const root = merkleRoot(list);
        expect(root).toEqual(definedRoot(list));
        list.forEach((leaf, index) => {
          const proof = merkleProof(list, index);
          expect(proof).toEqual(definedPath(index, list));
          expect(verifyMerkleProof({ root, leaf, index, size: list.length }, proof)).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('a proof holds for no other leaf, place, size or siblings', () => {
    fc.assert(
      fc.property(lists, fc.nat(), (list, choice) => {
        const index = choice % list.length;
        const size = list.length;
        const leaf = list[index] ?? new Uint8Array(0);
        const root = merkleRoot(list);
        const proof = merkleProof(list, index);
        const holds = (claim: object, siblings = proof) =>
          verifyMerkleProof({ root, leaf, index, size, ...claim }, siblings);
        expect(holds({ leaf: Uint8Array.from([...leaf, 0]) })).toBe(false);
        expect(holds({ root: root.with(3, (root[3] ?? 0) ^ 1) })).toBe(false);
        expect(holds({ index: index + size })).toBe(false);
        expect(holds({}, [...proof, root])).toBe(false);
        if (proof.length > 0) expect(holds({}, proof.slice(1))).toBe(false);
        for (let i = 0; i < proof.length; i++) {
          const sibling = proof[i] ?? root;
          expect(holds({}, proof.with(i, sibling.with(0, (sibling[0] ?? 0) ^ 1)))).toBe(false);
        }
      }),
      { numRuns: 100 },
    );
  });

  test('the position is part of what is proved wherever leaves differ', () => {
    const list = Array.from({ length: 13 }, (_, i) => Uint8Array.of(i));
    const root = merkleRoot(list);
    for (let index = 0; index < 13; index++) {
      for (let claimed = 0; claimed < 13; claimed++) {
        const claim = { root, leaf: Uint8Array.of(index), index: claimed, size: 13 };
        expect(verifyMerkleProof(claim, merkleProof(list, index))).toBe(claimed === index);
      }
    }
  });
});

describe('malformed claims', () => {
  const list = [Uint8Array.of(1), Uint8Array.of(2)];
  const good = { root: merkleRoot(list), leaf: Uint8Array.of(1), index: 0, size: 2 };
  const proof = merkleProof(list, 0);

  test('are refused without an error', () => {
    expect(verifyMerkleProof(good, proof)).toBe(true);
    for (const bad of [
      { index: -1 },
      { index: 0.5 },
      { index: 2 },
      { size: 0 },
      { size: 2 ** 53 },
      { size: Number.NaN },
    ])
      expect(verifyMerkleProof({ ...good, ...bad }, proof)).toBe(false);
    expect(verifyMerkleProof(good, [new Uint8Array(31)])).toBe(false);
    expect(verifyMerkleProof({ ...good, root: new Uint8Array(0) }, proof)).toBe(false);
  });

  test('with the largest size end within the limit of steps', () => {
    const size = Number.MAX_SAFE_INTEGER;
    const siblings = Array.from({ length: MERKLE_PROOF_STEPS_MAX }, () => new Uint8Array(32));
    expect(verifyMerkleProof({ ...good, size }, siblings)).toBe(false);
    expect(verifyMerkleProof({ ...good, size }, [...siblings, new Uint8Array(32)])).toBe(false);
  });

  test('an index outside the list is a bug of the prover', () => {
    expect(() => merkleProof(list, 2)).toThrow(AssertionError);
    expect(() => merkleProof([], 0)).toThrow(AssertionError);
  });
});
