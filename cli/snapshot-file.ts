/** @module A snapshot as a file: CBOR([form, manifest, [chunk, ...]]), the parts as byte strings. */
import { bytesUpTo, decode, encode, list, text, tuple } from '../shared/protocol/codec/codec.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../shared/protocol/light-client/snapshot-chunk.ts';
import {
  SNAPSHOT_CHUNKS_MAX,
  SNAPSHOT_MANIFEST_BYTES_MAX,
} from '../shared/protocol/light-client/snapshot-manifest.ts';
import { ProtocolError } from '../shared/protocol/primitives/errors.ts';
import { CliError } from './errors.ts';

const FORM = 'atoll/snapshot/v1';
/** Bytes of a file that is read whole: what Node holds in one buffer with room to spare. */
const FILE_BYTES_MAX = 2_000_000_000;

const fileCodec = tuple({
  form: text({ max: FORM.length, pattern: new RegExp(`^${FORM}$`) }),
  manifest: bytesUpTo(SNAPSHOT_MANIFEST_BYTES_MAX),
  chunks: list(bytesUpTo(SNAPSHOT_CHUNK_BYTES_MAX), SNAPSHOT_CHUNKS_MAX),
});

/** What a file holds: canonical bytes of the manifest and of its chunks, in their order. */
export interface SnapshotFile {
  readonly manifest: Uint8Array;
  readonly chunks: readonly Uint8Array[];
}

/** The bytes of the file. */
export function encodeSnapshotFile(file: SnapshotFile): Uint8Array {
  return encode(fileCodec, { form: FORM, ...file });
}

/** Inverse of `encodeSnapshotFile`; what the parts hold is checked by the chain. @throws CliError usage for another file. */
export function decodeSnapshotFile(bytes: Uint8Array, name: string): SnapshotFile {
  try {
    return decode(fileCodec, bytes, FILE_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new CliError('usage', `${name} is not a snapshot of the form ${FORM}: ${error.message}`, {
      cause: error,
    });
  }
}
