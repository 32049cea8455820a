/**
 * @module Parts of the state tree by themselves: the subtree under a prefix of the path from its leaves alone, and the
 * root from the subtrees. So a part of the state can be checked without the rest.
 */
import { assert } from '../primitives/assert.ts';
import { compareBytes } from '../primitives/bytes.ts';
import {
  bitAt,
  hashOf,
  joinNodes,
  type LeafNode,
  leafNode,
  PATH_BITS,
  type StateNode,
} from './state-node.ts';

/** The first bits of a path as text of `0` and `1`; empty stands for the whole tree. */
export type PathPrefix = string;

/** A leaf as its subtree needs it. */
export interface SubtreeLeaf {
  readonly path: Uint8Array;
  /** SHA-256 of the value. */
  readonly valueHash: Uint8Array;
}

/** What is known of a subtree without its leaves: a single leaf is its own subtree, so the number counts. */
export interface SubtreeSummary {
  readonly prefix: PathPrefix;
  readonly leaves: number;
  /** 32 zero bytes without a leaf. */
  readonly hash: Uint8Array;
}

/** True where the path begins with the prefix. */
export function hasPrefix(path: Uint8Array, prefix: PathPrefix): boolean {
  for (let depth = 0; depth < prefix.length; depth++) {
    if (bitAt(path, depth) !== (prefix[depth] === '1' ? 1 : 0)) return false;
  }
  return true;
}

/** The lowest path with the prefix. */
export function firstPath(prefix: PathPrefix): Uint8Array {
  const path = new Uint8Array(PATH_BITS / 8);
  for (let depth = 0; depth < prefix.length; depth++) {
    if (prefix[depth] === '1') path[depth >> 3] = (path[depth >> 3] as number) | (0x80 >> (depth & 7));
  }
  return path;
}

/** The prefix to the right of this one, as short as it can be; null after the last. */
export function nextPrefix(prefix: PathPrefix): PathPrefix | null {
  const at = prefix.lastIndexOf('0');
  return at < 0 ? null : `${prefix.slice(0, at)}1`;
}

/** The hash of the subtree of these leaves: strictly ascending by path, all under the prefix. */
export function subtreeHash(prefix: PathPrefix, leaves: readonly SubtreeLeaf[]): Uint8Array {
  for (const [index, { path }] of leaves.entries()) {
    const before = leaves[index - 1];
    assert(before === undefined || compareBytes(before.path, path) < 0, 'leaves ascend by path');
    assert(hasPrefix(path, prefix), 'leaves are under the prefix');
  }
  const nodes = leaves.map(({ path, valueHash }) => leafNode(path, valueHash));
  return hashOf(nodeOf(nodes, 0, nodes.length, prefix.length));
}

function nodeOf(leaves: readonly LeafNode[], from: number, to: number, depth: number): StateNode {
  if (to - from < 2) return leaves[from] !== undefined && to > from ? leaves[from] : null;
  let middle = from;
  while (middle < to && bitAt((leaves[middle] as LeafNode).path, depth) === 0) middle += 1;
  return joinNodes(nodeOf(leaves, from, middle, depth + 1), nodeOf(leaves, middle, to, depth + 1));
}

/**
 * The root of the tree that consists of these subtrees, from left to right. Null unless they cover it without a gap and
 * without an overlap.
 */
export function rootOfSubtrees(subtrees: readonly SubtreeSummary[]): Uint8Array | null {
  const rest = [...subtrees].reverse();
  const root = coverOf(rest, '');
  return root === undefined || rest.length > 0 ? null : hashOf(root);
}

/** Takes what covers `prefix` from the end of `rest`; undefined where it does not fit. */
function coverOf(rest: SubtreeSummary[], prefix: PathPrefix): StateNode | undefined {
  const next = rest.at(-1);
  if (next === undefined || !next.prefix.startsWith(prefix)) return undefined;
  if (next.prefix === prefix) {
    rest.pop();
    return nodeFrom(next);
  }
  const left = coverOf(rest, `${prefix}0`);
  const right = left === undefined ? undefined : coverOf(rest, `${prefix}1`);
  return left === undefined || right === undefined ? undefined : joinNodes(left, right);
}

/** Of a lone leaf only the hash is known, and only the hash is needed. */
function nodeFrom({ leaves, hash }: SubtreeSummary): StateNode {
  if (leaves === 0) return null;
  if (leaves > 1) return { kind: 'branch', hash };
  return { kind: 'leaf', path: hash, valueHash: hash, hash };
}
