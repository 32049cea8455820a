/** @module Snapshots of the state on the wire. Source: docs/spec/snapshots.md. */
import { z } from 'zod';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../../protocol/light-client/snapshot-chunk.ts';
import {
  SNAPSHOT_CHUNKS_MAX,
  SNAPSHOT_MANIFEST_BYTES_MAX,
} from '../../protocol/light-client/snapshot-manifest.ts';
import { countSchema, hexUpTo } from './scalars.ts';

const cbor = (bytesMax: number, description: string) =>
  hexUpTo(bytesMax).meta({ description: `${description}: CBOR as 0x-hex`, example: '0x80' });

export const snapshotImportSchema = z
  .object({
    height: countSchema.meta({ description: 'Block whose state is being taken' }),
    chunks: countSchema,
    missing: z.array(countSchema).meta({ description: 'Positions of chunks to come, the first 256' }),
  })
  .meta({ id: 'SnapshotImport' });

export const snapshotListSchema = z
  .object({
    snapshots: z.array(
      z
        .object({ height: countSchema, chunks: countSchema, bytes: countSchema })
        .meta({ id: 'Snapshot', description: 'State after the block of this height' }),
    ),
    importing: snapshotImportSchema.nullable(),
    height: countSchema,
  })
  .meta({ id: 'SnapshotList', description: 'Newest first; a node keeps a few' });

export const snapshotSchema = z
  .object({ height: countSchema, manifest: cbor(SNAPSHOT_MANIFEST_BYTES_MAX, 'The manifest') })
  .meta({ id: 'SnapshotManifest' });

export const snapshotChunkSchema = z
  .object({
    height: countSchema,
    position: countSchema,
    bytes: cbor(SNAPSHOT_CHUNK_BYTES_MAX, 'The leaves'),
  })
  .meta({ id: 'SnapshotChunk' });

/** Body that begins an import. */
export const importManifestSchema = z
  .strictObject({ manifest: cbor(SNAPSHOT_MANIFEST_BYTES_MAX, 'The manifest') })
  .meta({ id: 'ImportManifest' });
/** Body that brings one chunk of it. */
export const importChunkSchema = z
  .strictObject({
    position: z.int().min(0).max(SNAPSHOT_CHUNKS_MAX).meta({ example: 0 }),
    bytes: cbor(SNAPSHOT_CHUNK_BYTES_MAX, 'The leaves'),
  })
  .meta({ id: 'ImportChunk' });

export type SnapshotListWire = z.infer<typeof snapshotListSchema>;
export type SnapshotImportWire = z.infer<typeof snapshotImportSchema>;
