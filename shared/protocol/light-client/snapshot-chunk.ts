/** @module A part of the state as a snapshot carries it: all leaves under a prefix, checked without any other part. */
import { bytesUpTo, type Codec, decode, encode, list, text, tuple } from '../codec/codec.ts';
import { CodecError } from '../codec/codec-error.ts';
import { sha256 } from '../crypto/hashing.ts';
import { statePath } from '../merkle/state-node.ts';
import { hasPrefix, type PathPrefix, type SubtreeSummary, subtreeHash } from '../merkle/state-subtree.ts';
import { compareBytes, equalBytes } from '../primitives/bytes.ts';
import {
  STATE_KEY_BYTES_MAX,
  STATE_NAMESPACE_BYTES_MAX,
  STATE_VALUE_BYTES_MAX,
} from '../primitives/limits.ts';
import { LightClientError } from './light-client-error.ts';

/** Bytes of an encoded chunk: it travels in one answer and is stored in one row. */
export const SNAPSHOT_CHUNK_BYTES_MAX = 1_000_000;
/** Leaves of a chunk: none takes fewer bytes than its heads, a namespace and a key of one each. */
const LEAVES_MAX = 200_000;

/** One leaf of the state. */
export interface StateLeaf {
  readonly namespace: string;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const leavesCodec: Codec<readonly StateLeaf[]> = list(
  tuple({
    namespace: text({ max: STATE_NAMESPACE_BYTES_MAX }),
    key: bytesUpTo(STATE_KEY_BYTES_MAX),
    value: bytesUpTo(STATE_VALUE_BYTES_MAX),
  }),
  LEAVES_MAX,
);

/** CBOR([[namespace, key, value], ...]), ascending by path. */
export function encodeChunk(leaves: readonly StateLeaf[]): Uint8Array<ArrayBuffer> {
  return encode(leavesCodec, leaves);
}

/** What a manifest says of a chunk. The leaves ascend by path and are all under the prefix. */
export function summarise(prefix: PathPrefix, leaves: readonly StateLeaf[]): SubtreeSummary {
  const subtree = leaves.map(({ namespace, key, value }) => ({
    path: statePath(namespace, key),
    valueHash: sha256(value),
  }));
  return { prefix, leaves: leaves.length, hash: subtreeHash(prefix, subtree) };
}

/** The leaves of a chunk that is the one its summary tells of. Throws LightClientError SNAPSHOT_CHUNK_INVALID. */
export function readChunk(encoded: Uint8Array, summary: SubtreeSummary): readonly StateLeaf[] {
  const refuse = (message: string): never => {
    throw new LightClientError('SNAPSHOT_CHUNK_INVALID', message, { prefix: summary.prefix });
  };
  const leaves = decodeChunk(encoded, refuse);
  if (leaves.length !== summary.leaves) refuse('another number of leaves');
  let before: Uint8Array | null = null;
  const subtree = leaves.map(({ namespace, key, value }) => {
    if (namespace === '') refuse('a leaf has a namespace');
    const path = statePath(namespace, key);
    if (!hasPrefix(path, summary.prefix)) refuse('a leaf is not under the prefix');
    if (before !== null && compareBytes(before, path) >= 0) refuse('the leaves do not ascend by path');
    before = path;
    return { path, valueHash: sha256(value) };
  });
  if (!equalBytes(subtreeHash(summary.prefix, subtree), summary.hash)) refuse('another subtree');
  return leaves;
}

function decodeChunk(encoded: Uint8Array, refuse: (message: string) => never): readonly StateLeaf[] {
  try {
    return decode(leavesCodec, encoded, SNAPSHOT_CHUNK_BYTES_MAX);
  } catch (error) {
    if (error instanceof CodecError) return refuse(error.message);
    throw error;
  }
}
