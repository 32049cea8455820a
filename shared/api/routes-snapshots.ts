/** @module Routes over snapshots of the state. A part of the route table. */
import { z } from 'zod';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../protocol/light-client/snapshot-chunk.ts';
import {
  SNAPSHOT_CHUNKS_MAX,
  SNAPSHOT_MANIFEST_BYTES_MAX,
} from '../protocol/light-client/snapshot-manifest.ts';
import { height, ok } from './route-parts.ts';
import type { RouteSpec } from './route-spec.ts';
import { countText } from './schemas/scalars.ts';
import {
  importChunkSchema,
  importManifestSchema,
  snapshotChunkSchema,
  snapshotImportSchema,
  snapshotListSchema,
  snapshotSchema,
} from './schemas/snapshot.ts';

/** Characters around the hex of a body, and two for each byte. */
const textOf = (bytes: number) => 2 * bytes + 256;

const snapshotHeight = countText(undefined, 1).meta(height('Block whose state it is'));
const importProblems = [
  'BODY_TOO_LARGE',
  'JSON_INVALID',
  'CONTENT_TYPE_UNSUPPORTED',
  'SNAPSHOT_INVALID',
  'SNAPSHOT_REFUSED',
] as const;

/** Routes over snapshots. */
export const SNAPSHOT_ROUTES = [
  {
    name: 'get_snapshots',
    method: 'GET',
    path: '/rpc/snapshots',
    aliases: [],
    scope: 'chain',
    tag: 'chains',
    summary: 'Snapshots of the state that can be had',
    answers: ok('Newest first, and the one that this chain is starting from', snapshotListSchema),
    problems: [],
  },
  {
    name: 'get_snapshot',
    method: 'GET',
    path: '/rpc/snapshots/{height}',
    aliases: [],
    scope: 'chain',
    tag: 'chains',
    summary: 'Manifest of a snapshot',
    description: 'Holds the proof, from the genesis, that its chunks are the state of a final block.',
    params: z.strictObject({ height: snapshotHeight }),
    answers: ok('The manifest', snapshotSchema),
    problems: ['SNAPSHOT_UNKNOWN'],
  },
  {
    name: 'get_snapshot_chunk',
    method: 'GET',
    path: '/rpc/snapshots/{height}/chunks/{position}',
    aliases: [],
    scope: 'chain',
    tag: 'chains',
    summary: 'One chunk of a snapshot',
    params: z.strictObject({
      height: snapshotHeight,
      position: countText(SNAPSHOT_CHUNKS_MAX).meta(height('Position in the manifest, from 0')),
    }),
    answers: ok('The chunk', snapshotChunkSchema),
    problems: ['SNAPSHOT_UNKNOWN'],
  },
  {
    name: 'import_snapshot',
    method: 'POST',
    path: '/rpc/snapshots',
    aliases: [],
    scope: 'chain',
    tag: 'chains',
    summary: 'Start a chain without blocks from a snapshot',
    description: 'Idempotent for the same manifest. The chunks follow one by one.',
    body: { schema: importManifestSchema, bytesMax: textOf(SNAPSHOT_MANIFEST_BYTES_MAX) },
    answers: { 202: { description: 'The manifest holds; chunks are awaited', schema: snapshotImportSchema } },
    problems: importProblems,
    admin: true,
  },
  {
    name: 'import_snapshot_chunk',
    method: 'POST',
    path: '/rpc/snapshots/chunks',
    aliases: [],
    scope: 'chain',
    tag: 'chains',
    summary: 'Bring a chunk of the snapshot that is being imported',
    description: 'Idempotent. With the last one the chain starts anew from the block of the snapshot.',
    body: { schema: importChunkSchema, bytesMax: textOf(SNAPSHOT_CHUNK_BYTES_MAX) },
    answers: {
      202: { description: 'Taken; `missing` is empty with the last one', schema: snapshotImportSchema },
    },
    problems: importProblems,
    admin: true,
  },
] as const satisfies readonly RouteSpec[];
