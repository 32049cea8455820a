/**
 * @module What a snapshot consists of, and the proof that it is the state of a final block: the block, the trail of light
 * blocks that leads to it, and the subtrees whose root its header carries. Source: docs/spec/snapshots.md.
 */
import type { Block } from '../block/block.ts';
import { BlockError } from '../block/block-error.ts';
import { checkParts, expectEqual } from '../block/check.ts';
import { decodeBody, hashHeader } from '../block/encode.ts';
import { receiptRoot } from '../block/roots.ts';
import { bytes, bytesUpTo, type Codec, decode, encode, list, text, tuple, uint } from '../codec/codec.ts';
import { CodecError } from '../codec/codec-error.ts';
import type { Verifier } from '../crypto/verifier.ts';
import { EMPTY_HASH, PATH_BITS } from '../merkle/state-node.ts';
import { rootOfSubtrees, type SubtreeSummary } from '../merkle/state-subtree.ts';
import { equalBytes } from '../primitives/bytes.ts';
import { hashFromBytes } from '../primitives/hash.ts';
import { BLOCK_BYTES_MAX, RECEIPTS_BYTES_MAX } from '../primitives/limits.ts';
import type { TransactionRegistry } from '../transaction/define-transaction.ts';
import { decodeReceipts, encodeReceipt } from '../transaction/receipt-codec.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { type LightBlock, lightBlockCodec } from './light-block.ts';
import { LightClientError } from './light-client-error.ts';
import { followTrail, TRAIL_MAX } from './trail.ts';
import type { TrustedHeader } from './trusted-header.ts';

/** The one form of snapshots. */
export const SNAPSHOT_FORMAT = 1;
/** Chunks of one snapshot: 16 GB of state in chunks of a megabyte, beyond what an object can hold. */
export const SNAPSHOT_CHUNKS_MAX = 16_384;
/** Bytes of an encoded manifest: a block, its receipts, the longest trail and the most chunks, rounded up. */
export const SNAPSHOT_MANIFEST_BYTES_MAX = 10_000_000;

/** A manifest as it travels and is stored. */
export interface SnapshotManifest {
  readonly format: number;
  /** Canonical bytes of the block whose state this is. */
  readonly body: Uint8Array;
  /** Canonical bytes of its receipts. */
  readonly receipts: Uint8Array;
  /** From a trusted header to the block's own light block, which is the last. */
  readonly trail: readonly LightBlock[];
  /** From left to right. */
  readonly chunks: readonly SubtreeSummary[];
}

const manifestCodec: Codec<SnapshotManifest> = tuple({
  format: uint(SNAPSHOT_FORMAT),
  body: bytesUpTo(BLOCK_BYTES_MAX),
  receipts: bytesUpTo(RECEIPTS_BYTES_MAX),
  trail: list(lightBlockCodec, TRAIL_MAX),
  chunks: list(
    tuple({ prefix: text({ max: PATH_BITS, pattern: /^[01]*$/ }), leaves: uint(), hash: bytes(32) }),
    SNAPSHOT_CHUNKS_MAX,
  ),
});

/** CBOR([format, body, receipts, [light block, ...], [[prefix, leaves, hash], ...]]). */
export function encodeManifest(manifest: SnapshotManifest): Uint8Array<ArrayBuffer> {
  return encode(manifestCodec, manifest);
}

/** Inverse of `encodeManifest`. Throws LightClientError SNAPSHOT_MALFORMED. */
export function decodeManifest(encoded: Uint8Array): SnapshotManifest {
  try {
    return decode(manifestCodec, encoded, SNAPSHOT_MANIFEST_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new LightClientError('SNAPSHOT_MALFORMED', error.message);
  }
}

/** The block of a snapshot that holds. */
export interface SnapshotBlock {
  readonly block: Block;
  readonly certificate: CommitCertificate;
  readonly trusted: TrustedHeader;
}

/**
 * Checks that the chunks make up the state of a block that is final for whoever trusts `from`. Throws LightClientError.
 * The chunks themselves follow one by one, by `readChunk`.
 */
export function verifyManifest(
  manifest: SnapshotManifest,
  from: TrustedHeader,
  verifier: Verifier,
  registry: TransactionRegistry,
): SnapshotBlock {
  const trusted = followTrail(from, manifest.trail, verifier);
  const last = manifest.trail.at(-1);
  const block = blockOf(manifest, registry);
  if (last === undefined || hashHeader(block.header) !== trusted.hash) {
    throw new LightClientError('SNAPSHOT_BLOCK_INVALID', 'the trail does not lead to the block');
  }
  const isEmptyTrue = manifest.chunks.every(({ leaves, hash }) => leaves > 0 || equalBytes(hash, EMPTY_HASH));
  const root = isEmptyTrue ? rootOfSubtrees(manifest.chunks) : null;
  if (root === null) {
    throw new LightClientError('SNAPSHOT_CHUNKS_INCOMPLETE', 'the chunks do not cover the state');
  }
  if (hashFromBytes(root) !== block.header.stateRoot) {
    throw new LightClientError('SNAPSHOT_STATE_MISMATCH', 'the chunks are of another state');
  }
  return { block, certificate: last.certificate, trusted };
}

/** The block with its parts and receipts as its header has them. */
function blockOf({ body, receipts }: SnapshotManifest, registry: TransactionRegistry): Block {
  try {
    const block = decodeBody(body, registry);
    checkParts(block);
    const root = receiptRoot(decodeReceipts(receipts).map(encodeReceipt));
    expectEqual('BLOCK_RECEIPT_ROOT_MISMATCH', 'receipt_root', block.header.receiptRoot, root);
    return block;
  } catch (error) {
    if (!(error instanceof BlockError) && !(error instanceof CodecError)) throw error;
    throw new LightClientError('SNAPSHOT_BLOCK_INVALID', error.message, { cause: error.code });
  }
}
