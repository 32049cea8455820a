/** @module The nodes of the state tree: empty subtrees, leaves, branches, and how two halves make their parent. */
import { sha256 } from '../crypto/hashing.ts';
import { assert } from '../primitives/assert.ts';
import { STATE_KEY_BYTES_MAX, STATE_NAMESPACE_BYTES_MAX } from '../primitives/limits.ts';

/** Bits of a path, and so the depth of the deepest node. */
export const PATH_BITS = 256;

/** Hash of an empty subtree, and the root of an empty state: 32 zero bytes. */
export const EMPTY_HASH: Uint8Array = new Uint8Array(32);

/** A subtree with exactly one leaf. Its hash is the leaf's own, at whatever depth it stands. */
export interface LeafNode {
  readonly kind: 'leaf';
  readonly path: Uint8Array;
  /** SHA-256 of the value. */
  readonly valueHash: Uint8Array;
  /** Filled when it is first asked for. */
  hash: Uint8Array | null;
}

/** A subtree with two leaves or more. */
interface BranchNode {
  readonly kind: 'branch';
  readonly hash: Uint8Array;
}

/** A subtree; null is an empty one. */
export type StateNode = LeafNode | BranchNode | null;

const utf8 = new TextEncoder();
// The input of a path: every read and write of the state hashes one. Nothing here calls out, so nobody sees it half written.
const INPUT = new Uint8Array(1 + STATE_NAMESPACE_BYTES_MAX + STATE_KEY_BYTES_MAX);
const NAME = INPUT.subarray(1, 1 + STATE_NAMESPACE_BYTES_MAX);

/** Where a key stands: SHA-256(length of the namespace in one byte || namespace in UTF-8 || key). */
export function statePath(namespace: string, key: Uint8Array): Uint8Array {
  const { read, written } = utf8.encodeInto(namespace, NAME);
  assert(written > 0 && read === namespace.length, 'a namespace has 1 to 64 bytes');
  assert(key.length <= STATE_KEY_BYTES_MAX, 'a state key has at most 256 bytes');
  INPUT[0] = written;
  INPUT.set(key, 1 + written);
  return sha256(INPUT.subarray(0, 1 + written + key.length));
}

/** A leaf whose hash is computed when needed. */
export function leafNode(path: Uint8Array, valueHash: Uint8Array): LeafNode {
  return { kind: 'leaf', path, valueHash, hash: null };
}

/** SHA-256(0x00 || path || value hash). */
export function hashLeaf(path: Uint8Array, valueHash: Uint8Array): Uint8Array {
  return hashPair(0x00, path, valueHash);
}

/** SHA-256(0x01 || left || right). */
export function hashBranch(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hashPair(0x01, left, right);
}

/** Hash of any subtree. */
export function hashOf(node: StateNode): Uint8Array {
  if (node === null) return EMPTY_HASH;
  if (node.kind === 'leaf') node.hash ??= hashLeaf(node.path, node.valueHash);
  return node.hash as Uint8Array;
}

/** The parent of two halves: a lone leaf beside nothing is its own parent, which is what makes deletion collapse. */
export function joinNodes(left: StateNode, right: StateNode): StateNode {
  if (right === null && left?.kind !== 'branch') return left;
  if (left === null && right?.kind !== 'branch') return right;
  return { kind: 'branch', hash: hashBranch(hashOf(left), hashOf(right)) };
}

/** Bit `depth` of a path, most significant first: 0 goes left, 1 goes right. */
export function bitAt(path: Uint8Array, depth: number): number {
  return ((path[depth >> 3] as number) >> (7 - (depth & 7))) & 1;
}

// The input is copied out by the hash function before it is used again.
const PAIR_INPUT = new Uint8Array(65);

function hashPair(tag: number, first: Uint8Array, second: Uint8Array): Uint8Array {
  PAIR_INPUT[0] = tag;
  PAIR_INPUT.set(first, 1);
  PAIR_INPUT.set(second, 33);
  return sha256(PAIR_INPUT);
}
