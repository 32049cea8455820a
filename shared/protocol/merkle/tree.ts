/** @module Merkle trees over lists, as RFC 6962 section 2.1 defines them: the trees of transactions and receipts. */
import { sha256 } from '../crypto/hashing.ts';
import { assert } from '../primitives/assert.ts';
import { equalBytes } from '../primitives/bytes.ts';

const LEAF = 0x00;
const NODE = 0x01;

/** Steps of the longest proof that is read: sizes are exact as `number`. */
export const MERKLE_PROOF_STEPS_MAX = 53;

/** MTH of RFC 6962: the root of the list, SHA-256 of nothing for an empty one. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256(new Uint8Array(0));
  return rootOf(leaves.map(leafHash));
}

/** PATH of RFC 6962: the siblings of leaf `index`, from the leaf upwards. */
export function merkleProof(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  assert(Number.isSafeInteger(index) && index >= 0 && index < leaves.length, 'the index is within the list');
  const proof: Uint8Array[] = [];
  let level = leaves.map(leafHash);
  for (let at = index; level.length > 1; at >>= 1) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) proof.push(sibling);
    level = nextLevel(level);
  }
  return proof;
}

/** What a proof claims: that `leaf` stands at `index` of a list of `size` items with this root. */
export interface MerkleClaim {
  readonly root: Uint8Array;
  readonly leaf: Uint8Array;
  readonly index: number;
  readonly size: number;
}

/** True if the siblings lead from the leaf to the root, with none missing and none left over. */
export function verifyMerkleProof(claim: MerkleClaim, proof: readonly Uint8Array[]): boolean {
  const { index, size } = claim;
  if (!Number.isSafeInteger(size) || !Number.isSafeInteger(index) || index < 0 || index >= size) return false;
  if (proof.length > MERKLE_PROOF_STEPS_MAX || proof.some((sibling) => sibling.length !== 32)) return false;
  let hash = leafHash(claim.leaf);
  let at = index;
  let used = 0;
  for (let width = size; width > 1; width = Math.ceil(width / 2)) {
    const isRight = at % 2 === 1;
    // The last of an odd level moves up alone.
    if (isRight || at + 1 < width) {
      const sibling = proof[used++];
      if (sibling === undefined) return false;
      hash = isRight ? nodeHash(sibling, hash) : nodeHash(hash, sibling);
    }
    at = Math.floor(at / 2);
  }
  return used === proof.length && equalBytes(hash, claim.root);
}

function rootOf(hashes: Uint8Array[]): Uint8Array {
  let level = hashes;
  while (level.length > 1) level = nextLevel(level);
  const [root] = level;
  assert(root !== undefined, 'a level has at least one hash');
  return root;
}

/** Pairs hash together and an odd last one moves up: the same tree as splitting at the largest power of two. */
function nextLevel(level: readonly Uint8Array[]): Uint8Array[] {
  const next: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const left = level[i] as Uint8Array;
    const right = level[i + 1];
    next.push(right === undefined ? left : nodeHash(left, right));
  }
  return next;
}

// A full block makes some 25,000 of these inputs. The hash function copies them out before they are used again.
let leafInput = Uint8Array.of(LEAF);
const NODE_INPUT = new Uint8Array(65);
NODE_INPUT[0] = NODE;

function leafHash(leaf: Uint8Array): Uint8Array {
  const length = 1 + leaf.length;
  if (leafInput.length < length) leafInput = new Uint8Array(2 * length);
  leafInput[0] = LEAF;
  leafInput.set(leaf, 1);
  return sha256(leafInput.subarray(0, length));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  NODE_INPUT.set(left, 1);
  NODE_INPUT.set(right, 33);
  return sha256(NODE_INPUT);
}
