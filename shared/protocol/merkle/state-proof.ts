/** @module Proofs that a key of the state has a value, or has none, checked against a state root alone. */
import { bytes, bytesUpTo, type Codec, list, nullable, tuple } from '../codec/codec.ts';
import { sha256 } from '../crypto/hashing.ts';
import { equalBytes } from '../primitives/bytes.ts';
import { bitAt, EMPTY_HASH, hashBranch, hashLeaf, PATH_BITS, statePath } from './state-node.ts';

/** The leaf that stands where an absent key would. */
export interface OtherLeaf {
  readonly path: Uint8Array;
  readonly valueHash: Uint8Array;
}

/**
 * The siblings on the way from the root to the end of a path. Bit i of the bitmap, most significant first, says that the
 * sibling at depth i + 1 is not empty. The last sibling is never empty, so the last set bit is the depth of the end.
 */
export interface StateProof {
  /** Without trailing zero bytes. */
  readonly bitmap: Uint8Array;
  /** Hashes of the siblings that are not empty, from the root down. */
  readonly siblings: readonly Uint8Array[];
  /** Absence only: another leaf at the end of the path; null is an empty subtree there. Null in a proof of presence. */
  readonly other: OtherLeaf | null;
}

/** Encoding of a proof: [bitmap, siblings, null or [path, value hash]]. */
export const stateProofCodec: Codec<StateProof> = tuple({
  bitmap: bytesUpTo(PATH_BITS / 8),
  siblings: list(bytes(32), PATH_BITS),
  other: nullable(tuple({ path: bytes(32), valueHash: bytes(32) })),
});

/** True if the proof shows that (namespace, key) has this value under this root, or, for null, that it has none. */
export function verifyStateProof(
  root: Uint8Array,
  namespace: string,
  key: Uint8Array,
  value: Uint8Array | null,
  proof: StateProof,
): boolean {
  const path = statePath(namespace, key);
  const depth = depthOf(proof);
  if (depth === null) return false;
  const end = endHash(path, depth, value, proof.other);
  if (end === null) return false;
  return equalBytes(rootFrom(path, depth, end, proof), root);
}

/** Depth of the end of the path, or null if bitmap and siblings do not have their only form. */
function depthOf({ bitmap, siblings }: StateProof): number | null {
  if (bitmap.length > PATH_BITS / 8 || bitmap[bitmap.length - 1] === 0) return null;
  let depth = 0;
  let count = 0;
  for (let i = 0; i < bitmap.length * 8; i++) {
    if (bitAt(bitmap, i) === 0) continue;
    count += 1;
    depth = i + 1;
  }
  if (count !== siblings.length) return null;
  return siblings.some((hash) => hash.length !== 32 || equalBytes(hash, EMPTY_HASH)) ? null : depth;
}

/** Hash of the subtree where the path ends, or null if the proof cannot speak of this key and value. */
function endHash(
  path: Uint8Array,
  depth: number,
  value: Uint8Array | null,
  other: OtherLeaf | null,
): Uint8Array | null {
  if (value !== null) return other === null ? hashLeaf(path, sha256(value)) : null;
  if (other === null) return EMPTY_HASH;
  if (other.path.length !== 32 || other.valueHash.length !== 32 || equalBytes(other.path, path)) return null;
  for (let i = 0; i < depth; i++) if (bitAt(other.path, i) !== bitAt(path, i)) return null;
  return hashLeaf(other.path, other.valueHash);
}

function rootFrom(path: Uint8Array, depth: number, end: Uint8Array, proof: StateProof): Uint8Array {
  let hash = end;
  let next = proof.siblings.length - 1;
  for (let i = depth - 1; i >= 0; i--) {
    const sibling = bitAt(proof.bitmap, i) === 0 ? EMPTY_HASH : (proof.siblings[next--] as Uint8Array);
    hash = bitAt(path, i) === 0 ? hashBranch(hash, sibling) : hashBranch(sibling, hash);
  }
  return hash;
}
