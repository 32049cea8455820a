/** @module The state tree straight from its definition, with nothing stored and node:crypto for hashes: what the real one must equal. */
import { createHash } from 'node:crypto';

/** One key of the state and its value. */
export interface NaiveEntry {
  readonly namespace: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

interface Leaf {
  /** The path as 256 characters, 0 or 1. */
  readonly bits: string;
  readonly path: Buffer;
  readonly valueHash: Buffer;
}

/** A proof in the form of the specification. */
export interface NaiveProof {
  readonly bitmap: Uint8Array;
  readonly siblings: readonly Uint8Array[];
  readonly other: { readonly path: Uint8Array; readonly valueHash: Uint8Array } | null;
}

const EMPTY = Buffer.alloc(32);

function sha256(...parts: readonly Uint8Array[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}

function pathOf(namespace: string, key: Uint8Array): Buffer {
  const name = Buffer.from(namespace, 'utf8');
  return sha256(Buffer.from([name.length]), name, key);
}

function bitsOf(path: Uint8Array): string {
  return [...path].map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

function leavesOf(entries: readonly NaiveEntry[]): Leaf[] {
  return entries.map(({ namespace, key, value }) => {
    const path = pathOf(namespace, key);
    return { bits: bitsOf(path), path, valueHash: sha256(value) };
  });
}

function subtreeHash(leaves: readonly Leaf[], depth: number): Buffer {
  const [only] = leaves;
  if (only === undefined) return EMPTY;
  if (leaves.length === 1) return sha256(Buffer.from([0]), only.path, only.valueHash);
  const [left, right] = halves(leaves, depth);
  return sha256(Buffer.from([1]), subtreeHash(left, depth + 1), subtreeHash(right, depth + 1));
}

function halves(leaves: readonly Leaf[], depth: number): [Leaf[], Leaf[]] {
  return [
    leaves.filter((leaf) => leaf.bits[depth] === '0'),
    leaves.filter((leaf) => leaf.bits[depth] === '1'),
  ];
}

/** Root of a state with these entries, each key once. */
export function naiveRoot(entries: readonly NaiveEntry[]): Uint8Array {
  return Uint8Array.from(subtreeHash(leavesOf(entries), 0));
}

/** Proof that a key has its value in such a state, or has none. */
export function naiveProof(entries: readonly NaiveEntry[], namespace: string, key: Uint8Array): NaiveProof {
  const path = pathOf(namespace, key);
  const bits = bitsOf(path);
  const bitmap: number[] = [];
  const siblings: Uint8Array[] = [];
  let leaves = leavesOf(entries);
  for (let depth = 0; leaves.length > 1; depth++) {
    const [left, right] = halves(leaves, depth);
    const goesRight = bits[depth] === '1';
    const sibling = goesRight ? left : right;
    if (depth % 8 === 0) bitmap.push(0);
    if (sibling.length > 0) {
      bitmap.push((bitmap.pop() ?? 0) | (0x80 >> (depth % 8)));
      siblings.push(Uint8Array.from(subtreeHash(sibling, depth + 1)));
    }
    leaves = goesRight ? right : left;
  }
  const end = leaves[0];
  const other =
    end === undefined || end.path.equals(path)
      ? null
      : { path: Uint8Array.from(end.path), valueHash: Uint8Array.from(end.valueHash) };
  return { bitmap: Uint8Array.from(bitmap), siblings, other };
}
