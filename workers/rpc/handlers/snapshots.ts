/** @module Routes over snapshots of the state: the chain's object has them, and takes one while it has no block. */

import { ApiError } from '../../../shared/api/problems.ts';
import type { SnapshotListWire } from '../../../shared/api/schemas/snapshot.ts';
import { fromHex, toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { type Answer, type ChainContext, chainAnswer, type RouteInput } from '../../context.ts';
import { chainStub } from '../../env.ts';
import { callResult } from '../objects.ts';

/** GET /rpc/snapshots. */
export async function getSnapshots(context: ChainContext): Promise<Answer> {
  const { snapshots, importing, head } = await callResult(() => stubOf(context).snapshots());
  const body: SnapshotListWire = { snapshots, importing, height: head.height };
  return chainAnswer(body, head.height, 'chain');
}

/** GET /rpc/snapshots/{height}. */
export async function getSnapshot(context: ChainContext, { params }: RouteInput): Promise<Answer> {
  const height = Number(params.height);
  return chainAnswer({ height, manifest: await partOf(context, { height }) }, height, 'chain');
}

/** GET /rpc/snapshots/{height}/chunks/{position}. */
export async function getSnapshotChunk(context: ChainContext, { params }: RouteInput): Promise<Answer> {
  const [height, position] = [Number(params.height), Number(params.position)];
  const bytes = await partOf(context, { height, position });
  return chainAnswer({ height, position, bytes }, height, 'chain');
}

/** POST /rpc/snapshots. */
export async function importSnapshot(context: ChainContext, { body }: RouteInput): Promise<Answer> {
  const { manifest } = body as { manifest: string };
  const progress = await callResult(() => stubOf(context).importSnapshot({ manifest: fromHex(manifest) }));
  return { status: 202, body: progress, servedBy: 'chain' };
}

/** POST /rpc/snapshots/chunks. */
export async function importSnapshotChunk(context: ChainContext, { body }: RouteInput): Promise<Answer> {
  const { position, bytes } = body as { position: number; bytes: string };
  const part = { position, chunk: fromHex(bytes) };
  return {
    status: 202,
    body: await callResult(() => stubOf(context).importSnapshot(part)),
    servedBy: 'chain',
  };
}

function stubOf({ env, chain }: ChainContext) {
  return chainStub(env, chain.chain_id);
}

async function partOf(context: ChainContext, part: { height: number; position?: number }): Promise<string> {
  const bytes = await callResult(() => stubOf(context).snapshotPart(part));
  if (bytes === null) throw new ApiError('SNAPSHOT_UNKNOWN', 'no whole snapshot here has this part');
  return toHex(bytes);
}
