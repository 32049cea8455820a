/** @module Proofs of presence and absence: what is true is proved, and nothing else is. */
import { cdeEncodeOptions, encode as encodeCbor2 } from 'cbor2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CodecError, decode, encode } from '../../../../shared/protocol/codec/codec.ts';
import {
  type StateProof,
  stateProofCodec,
  verifyStateProof,
} from '../../../../shared/protocol/merkle/state-proof.ts';
import { EMPTY_HASH, proveState, treeRoot } from '../../../../shared/protocol/merkle/state-tree.ts';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { STATE_PROOF_BYTES_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import { type NaiveProof, naiveProof } from '../../../support/naive-state-tree.ts';
import { collidingKeys, PageMap, type StateVectors } from '../../../support/state-trees.ts';
import { readVectors } from '../../../support/vectors.ts';

const vectors = readVectors<StateVectors>('state-tree');
const cases = vectors.trees.flatMap((tree) => tree.proofs.map((proof) => ({ tree, proof, name: tree.name })));

/** Some of the colliding keys are present, with their index as value; the rest are absent. */
const subsets = fc.subarray(
  collidingKeys.map((_, index) => index),
  { minLength: 0 },
);

function treeOf(present: readonly number[]): PageMap {
  const pages = new PageMap();
  pages.apply(
    present.map((index) => ({
      namespace: 'n',
      key: collidingKeys[index] ?? new Uint8Array(0),
      value: Uint8Array.of(index),
    })),
  );
  return pages;
}

function cborOf(proof: NaiveProof): string {
  const other = proof.other === null ? null : [proof.other.path, proof.other.valueHash];
  return toHex(encodeCbor2([proof.bitmap, [...proof.siblings], other], cdeEncodeOptions));
}

describe('vectors', () => {
  test.each(cases)('$name: $proof.namespace $proof.key', ({ tree, proof }) => {
    const pages = new PageMap();
    const content = tree.entries.map(([namespace, key, value]) => ({
      namespace,
      key: fromHex(key),
      value: fromHex(value),
    }));
    pages.apply(content);
    const key = fromHex(proof.key);
    const value = proof.value === null ? null : fromHex(proof.value);
    const decoded = decode(stateProofCodec, fromHex(proof.proof), STATE_PROOF_BYTES_MAX);
    expect(verifyStateProof(fromHex(tree.root), proof.namespace, key, value, decoded)).toBe(true);
    expect(toHex(encode(stateProofCodec, proveState(pages, proof.namespace, key)))).toBe(proof.proof);
    expect(cborOf(naiveProof(content, proof.namespace, key))).toBe(proof.proof);
  });
});

describe('for any state', () => {
  test('each present key proves its value and no other, each absent key its absence', () => {
    fc.assert(
      fc.property(subsets, (present) => {
        const pages = treeOf(present);
        const root = treeRoot(pages);
        collidingKeys.forEach((key, index) => {
          const proof = proveState(pages, 'n', key);
          const value = present.includes(index) ? Uint8Array.of(index) : null;
          const wrong = value === null ? Uint8Array.of(index) : null;
          expect(verifyStateProof(root, 'n', key, value, proof)).toBe(true);
          expect(verifyStateProof(root, 'n', key, wrong, proof)).toBe(false);
          expect(verifyStateProof(root, 'n', key, Uint8Array.of(index, 0), proof)).toBe(false);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('a proof is the one that the definition gives', () => {
    fc.assert(
      fc.property(subsets, fc.nat(collidingKeys.length - 1), (present, asked) => {
        const key = collidingKeys[asked] ?? new Uint8Array(0);
        const content = present.map((index) => ({
          namespace: 'n',
          key: collidingKeys[index] ?? new Uint8Array(0),
          value: Uint8Array.of(index),
        }));
        const proof = proveState(treeOf(present), 'n', key);
        expect(toHex(encode(stateProofCodec, proof))).toBe(cborOf(naiveProof(content, 'n', key)));
      }),
      { numRuns: 200 },
    );
  });

  test('a proof with any bit changed proves nothing', () => {
    const present = [0, 1, 2, 4, 6, 8, 20, 21, 22];
    const pages = treeOf(present);
    const root = treeRoot(pages);
    fc.assert(
      fc.property(fc.nat(collidingKeys.length - 1), fc.nat(), (asked, position) => {
        const key = collidingKeys[asked] ?? new Uint8Array(0);
        const value = present.includes(asked) ? Uint8Array.of(asked) : null;
        const bytes = encode(stateProofCodec, proveState(pages, 'n', key));
        const bit = position % (bytes.length * 8);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(accepts(root, key, value, bytes)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('a proof does not hold for another key, namespace or root', () => {
    fc.assert(
      fc.property(subsets, fc.nat(collidingKeys.length - 1), (present, asked) => {
        const pages = treeOf(present);
        const root = treeRoot(pages);
        const key = collidingKeys[asked] ?? new Uint8Array(0);
        const value = Uint8Array.of(asked);
        const proof = proveState(pages, 'n', key);
        expect(verifyStateProof(root, 'm', key, value, proof)).toBe(false);
        expect(verifyStateProof(root, 'n', Uint8Array.of(9), value, proof)).toBe(false);
        expect(verifyStateProof(root.with(0, (root[0] ?? 0) ^ 1), 'n', key, null, proof)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

function accepts(root: Uint8Array, key: Uint8Array, value: Uint8Array | null, bytes: Uint8Array): boolean {
  try {
    return verifyStateProof(root, 'n', key, value, decode(stateProofCodec, bytes, STATE_PROOF_BYTES_MAX));
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
}

describe('forged proofs', () => {
  const present = [0, 1, 4, 5, 20, 21, 22, 23];
  const pages = treeOf(present);
  const root = treeRoot(pages);
  const key = collidingKeys[0] ?? new Uint8Array(0);
  const proof = proveState(pages, 'n', key);
  const value = Uint8Array.of(0);
  const absentKey = collidingKeys[10] ?? new Uint8Array(0);
  const check = (forged: StateProof) => verifyStateProof(root, 'n', key, value, forged);

  test('are refused when a sibling is added, dropped, swapped, zero or of another length', () => {
    const { siblings } = proof;
    expect(check(proof)).toBe(true);
    expect(check({ ...proof, siblings: siblings.slice(1) })).toBe(false);
    expect(check({ ...proof, siblings: [...siblings, EMPTY_HASH] })).toBe(false);
    expect(check({ ...proof, siblings: siblings.toReversed() })).toBe(false);
    expect(check({ ...proof, siblings: siblings.with(0, EMPTY_HASH) })).toBe(false);
    expect(check({ ...proof, siblings: siblings.with(0, new Uint8Array(31)) })).toBe(false);
  });

  test('are refused when an empty sibling is written out, or the bitmap has zeros behind', () => {
    const firstEmpty = [...proof.bitmap].flatMap((byte, i) =>
      [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => (byte & (0x80 >> bit)) === 0).map((bit) => 8 * i + bit),
    )[0];
    expect(firstEmpty).toBeDefined();
    const at = firstEmpty ?? 0;
    const bitmap = proof.bitmap.with(at >> 3, (proof.bitmap[at >> 3] ?? 0) | (0x80 >> (at & 7)));
    const siblings = proof.siblings.toSpliced(at, 0, EMPTY_HASH);
    expect(check({ ...proof, bitmap, siblings })).toBe(false);
    expect(check({ ...proof, bitmap: Uint8Array.from([...proof.bitmap, 0]) })).toBe(false);
    expect(check({ ...proof, bitmap: new Uint8Array(33).fill(255) })).toBe(false);
  });

  test('are refused when presence brings another leaf, or absence names the key itself or a leaf elsewhere', () => {
    const other = { path: new Uint8Array(32), valueHash: new Uint8Array(32) };
    expect(check({ ...proof, other })).toBe(false);
    const absence = proveState(pages, 'n', absentKey);
    expect(verifyStateProof(root, 'n', absentKey, null, absence)).toBe(true);
    expect(verifyStateProof(root, 'n', absentKey, null, { ...absence, other })).toBe(false);
    expect(verifyStateProof(root, 'n', key, null, { ...proof, other })).toBe(false);
    expect(verifyStateProof(root, 'n', key, null, proof)).toBe(false);
  });

  test('of absence in an empty state need nothing, and prove nothing elsewhere', () => {
    const nothing: StateProof = { bitmap: new Uint8Array(0), siblings: [], other: null };
    expect(proveState(new PageMap(), 'n', key)).toEqual(nothing);
    expect(verifyStateProof(EMPTY_HASH, 'n', key, null, nothing)).toBe(true);
    expect(verifyStateProof(root, 'n', key, null, nothing)).toBe(false);
    expect(verifyStateProof(EMPTY_HASH, 'n', key, value, nothing)).toBe(false);
  });
});

test('the longest proof that can be encoded is within its limit', () => {
  const longest: StateProof = {
    bitmap: new Uint8Array(32).fill(255),
    siblings: Array.from({ length: 256 }, () => new Uint8Array(32).fill(1)),
    other: { path: new Uint8Array(32), valueHash: new Uint8Array(32) },
  };
  const bytes = encode(stateProofCodec, longest);
  expect(bytes.length).toBeLessThanOrEqual(STATE_PROOF_BYTES_MAX);
  expect(decode(stateProofCodec, bytes, STATE_PROOF_BYTES_MAX)).toEqual(longest);
  const above = { ...longest, siblings: [...longest.siblings, new Uint8Array(32)] };
  expect(() => encode(stateProofCodec, above)).toThrow(CodecError);
});
