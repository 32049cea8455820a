/** @module Routes over final blocks: ledger first, the chain's object for what the ledger does not have yet. */
import {
  blockSummaryToWire,
  blockToWire,
  genesisBlockToWire,
  timeToWire,
} from '../../../shared/api/convert.ts';
import type { StoredBlock } from '../../../shared/api/objects.ts';
import { ApiError } from '../../../shared/api/problems.ts';
import { RANGE_BLOCKS_MAX, RANGE_BYTES_MAX } from '../../../shared/api/schemas/block.ts';
import { PAGE_LIMIT_DEFAULT } from '../../../shared/api/schemas/scalars.ts';
import type { BlockBytes } from '../../../shared/ledger/ledger-block.ts';
import { readBlock, readBlockRange, readBlocks } from '../../../shared/ledger/read-blocks.ts';
import { paramsHash } from '../../../shared/protocol/block/params.ts';
import { nodeTransactions } from '../../../shared/protocol/transaction/registry.ts';
import {
  type Answer,
  type ChainContext,
  chainAnswer,
  type RouteInput,
  type ServedBy,
} from '../../context.ts';
import { chainStub } from '../../env.ts';
import { chainFacts } from '../chain-facts.ts';
import { awaitHeight, headSnapshot } from '../head.ts';
import { servedByLedger, tryLedger } from '../ledger.ts';
import { readList } from '../list.ts';
import { callResult } from '../objects.ts';

/** GET /rpc/get_head. */
export async function getHead(context: ChainContext): Promise<Answer> {
  const { snapshot, servedBy } = await headSnapshot(context);
  const { head } = snapshot;
  const body = {
    height: head.height,
    hash: head.hash,
    timestamp: timeToWire(head.time_ms),
    time_ms: head.time_ms,
    state_root: head.state_root,
    tx_count: head.tx_count,
    proposer: head.proposer,
    chain_id: snapshot.chain_id,
    genesis_hash: snapshot.genesis_hash,
  };
  return chainAnswer(body, head.height, servedBy);
}

/** GET /rpc/get_block/{block_id}. */
export async function getBlock(context: ChainContext, input: RouteInput): Promise<Answer> {
  const id = String(input.params.block_id);
  const includeTx = input.query.include_tx !== false;
  if (id === 'earliest') return getByHeight(context, 1, includeTx);
  if (id === 'latest') return getLatest(context, includeTx);
  return id.startsWith('0x')
    ? getByHash(context, id, includeTx)
    : getByHeight(context, Number(id), includeTx);
}

async function getLatest(context: ChainContext, includeTx: boolean): Promise<Answer> {
  const { snapshot } = await headSnapshot(context);
  return getByHeight(context, snapshot.head.height, includeTx);
}

async function getByHeight(context: ChainContext, height: number, includeTx: boolean): Promise<Answer> {
  if (height === 0) return genesisBlock(context);
  const read = await tryLedger(context, () => readBlock({ height }));
  if (read?.value != null) {
    return blockAnswer(read.value, includeTx, Math.max(read.height, height), servedByLedger(read), false);
  }
  const found = await callResult(() =>
    chainStub(context.env, context.chain.chain_id).blocks({ from: height, limit: 1 }),
  );
  const head = await awaitHeight(context, found.head.height);
  const block = found.blocks[0];
  if (block?.height !== height)
    throw unknownBlock(`no block at height ${height}; the head is ${found.head.height}`);
  return blockAnswer(block, includeTx, head, 'chain', false);
}

async function getByHash(context: ChainContext, hash: string, includeTx: boolean): Promise<Answer> {
  if (hash === context.chain.genesis_hash) return genesisBlock(context);
  const read = await tryLedger(context, () => readBlock({ hash }));
  if (read?.value != null) return blockAnswer(read.value, includeTx, read.height, servedByLedger(read), true);
  const block = await callResult(() => chainStub(context.env, context.chain.chain_id).blockByHash(hash));
  if (block === null) throw unknownBlock('no block has this hash');
  const head = await awaitHeight(context, block.height);
  return blockAnswer(block, includeTx, head, 'chain', true);
}

function blockAnswer(
  block: BlockBytes | StoredBlock,
  includeTx: boolean,
  height: number,
  servedBy: ServedBy,
  byHash: boolean,
): Answer {
  const body = blockToWire(block, nodeTransactions, { includeTx });
  const etag = `${block.hash}${includeTx ? '' : ';head'}`;
  return chainAnswer(body, height, servedBy, byHash ? { etag } : {});
}

function unknownBlock(detail: string): ApiError {
  return new ApiError('BLOCK_UNKNOWN', detail);
}

async function genesisBlock(context: ChainContext): Promise<Answer> {
  const { genesis, genesisHash, sizeBytes } = await chainFacts(context.env, context.chain);
  const { snapshot, servedBy } = await headSnapshot(context);
  const { chainId, version, timeMs, params } = genesis;
  const facts = { hash: genesisHash, chainId, version, timeMs, paramsHash: paramsHash(params), sizeBytes };
  return chainAnswer(genesisBlockToWire(facts), snapshot.head.height, servedBy);
}

/** GET /rpc/blocks. */
export async function getBlocks(context: ChainContext, { query }: RouteInput): Promise<Answer> {
  const page = {
    limit: (query.limit as number | undefined) ?? PAGE_LIMIT_DEFAULT,
    cursor: (query.cursor as string | undefined) ?? null,
    order: (query.order as 'asc' | 'desc' | undefined) ?? 'desc',
  };
  const read = await readList(context, () => readBlocks(page), { blocks: [], nextCursor: null });
  const body = {
    blocks: read.value.blocks.map(blockSummaryToWire),
    next_cursor: read.value.nextCursor,
    height: read.height,
  };
  return chainAnswer(body, read.height, servedByLedger(read));
}

/** GET /rpc/blocks-range. */
export async function getBlocksRange(context: ChainContext, { query }: RouteInput): Promise<Answer> {
  const { start, end } = await rangeOf(context, query);
  const collected = await collectRange(context, start, end);
  const includeTx = query.include_tx !== false;
  const last = collected.blocks.at(-1)?.height;
  const more = last !== undefined && last < Math.min(end, collected.height);
  const body = {
    success: true,
    blocks: collected.blocks.map((block) => blockToWire(block, nodeTransactions, { includeTx })),
    count: collected.blocks.length,
    next_start: more ? last + 1 : null,
    height: collected.height,
  };
  return chainAnswer(body, collected.height, collected.servedBy);
}

/** Heights of the range. `limit` alone means the newest; beside `start` or `end` it bounds the answer from that side. */
async function rangeOf(
  context: ChainContext,
  query: RouteInput['query'],
): Promise<{ start: number; end: number }> {
  const limit = (query.limit as number | undefined) ?? RANGE_BLOCKS_MAX;
  let start = query.start as number | undefined;
  let end = query.end as number | undefined;
  if (start === undefined && end === undefined && query.limit !== undefined) {
    const { snapshot } = await headSnapshot(context);
    end = snapshot.head.height;
    start = Math.max(1, end - limit + 1);
  }
  start ??= 1;
  end ??= Number.MAX_SAFE_INTEGER;
  if (end < start && !(start === 1 && end === 0)) throw new ApiError('RANGE_INVALID', 'end is below start');
  return { start: Math.max(1, start), end: Math.min(end, start + limit - 1) };
}

interface Collected {
  blocks: (BlockBytes | StoredBlock)[];
  height: number;
  servedBy: ServedBy;
}

/** The ledger's part of the range, in as many answers as it takes, then the object's, within one limit of bytes. */
async function collectRange(context: ChainContext, start: number, end: number): Promise<Collected> {
  const blocks: Collected['blocks'] = [];
  let next = start;
  let bytes = 0;
  let ledger: { height: number; servedBy: ServedBy } | null = null;
  while (next <= end && bytes < RANGE_BYTES_MAX) {
    const from = next;
    const read = await tryLedger(context, () => readBlockRange({ start: from, end }));
    if (read === null) break;
    ledger = { height: read.height, servedBy: servedByLedger(read) };
    for (const block of read.value.blocks) bytes += sizeOf(block);
    blocks.push(...read.value.blocks);
    next = (read.value.blocks.at(-1)?.height ?? next - 1) + 1;
    if (read.value.next === null) break;
  }
  const complete = next > end || bytes >= RANGE_BYTES_MAX;
  if (ledger !== null && complete) return { blocks, ...ledger };
  const limit = Math.max(1, Math.min(end - next + 1, RANGE_BLOCKS_MAX));
  const rest = await callResult(() =>
    chainStub(context.env, context.chain.chain_id).blocks({ from: next, limit }),
  );
  const height = await awaitHeight(context, rest.head.height);
  for (const block of rest.blocks) {
    if (block.height > end || (blocks.length > 0 && bytes + sizeOf(block) > RANGE_BYTES_MAX)) break;
    bytes += sizeOf(block);
    blocks.push(block);
  }
  return { blocks, height, servedBy: 'chain' };
}

function sizeOf(block: BlockBytes): number {
  return block.body.length + block.certificate.length + block.receipts.length;
}
