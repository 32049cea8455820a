/** @module Routes over synchronisation: how far a chain is, and blocks that are imported by hand. */
import { encodeBlockWire, timeToWire } from '../../../shared/api/convert.ts';
import type { PeerComparison } from '../../../shared/api/network-views.ts';
import type { ChainSnapshot, DivergenceView } from '../../../shared/api/objects.ts';
import { ApiError } from '../../../shared/api/problems.ts';
import type { BlockWire } from '../../../shared/api/schemas/block.ts';
import type { ImportOutcomeWire, SyncStatusWire } from '../../../shared/api/schemas/sync.ts';
import { CodecError } from '../../../shared/protocol/codec/codec.ts';
import { PrimitiveError } from '../../../shared/protocol/primitives/errors.ts';
import { nodeTransactions } from '../../../shared/protocol/transaction/registry.ts';
import { type Answer, type ChainContext, chainAnswer, type RouteInput } from '../../context.ts';
import { chainStub, nodeStub } from '../../env.ts';
import { headSnapshot } from '../head.ts';
import { callObject, callResult } from '../objects.ts';

/** GET /sync_status. */
export async function getSyncStatus(context: ChainContext): Promise<Answer> {
  const { chain_id } = context.chain;
  const [{ snapshot, servedBy }, peers] = await Promise.all([
    headSnapshot(context),
    callObject(() => nodeStub(context.env).reconciled(chain_id)),
  ]);
  return chainAnswer(syncStatusToWire(snapshot, peers), snapshot.head.height, servedBy);
}

function syncStatusToWire(snapshot: ChainSnapshot, peers: readonly PeerComparison[]): SyncStatusWire {
  const { head, ledger, sync } = snapshot;
  const divergence =
    sync?.divergence === undefined ? wrongGenesis(snapshot, peers) : divergenceToWire(sync.divergence);
  const target = Math.max(head.height, sync?.target ?? 0);
  const isBehind = target > head.height;
  return {
    chain_id: snapshot.chain_id,
    genesis_hash: snapshot.genesis_hash,
    state: divergence === null ? (sync?.state ?? 'synced') : 'diverged',
    catching_up: isBehind && divergence === null,
    head_height: head.height,
    head_hash: head.hash,
    head_proposer: head.proposer,
    head_timestamp: timeToWire(head.time_ms),
    target_height: target,
    claimed_height: Math.max(target, sync?.claimed ?? 0),
    blocks_behind: target - head.height,
    blocks_per_second: sync?.blocks_per_second ?? 0,
    eta_seconds: isBehind && sync?.eta_ms != null ? sync.eta_ms / 1_000 : null,
    peers: sync?.peers ?? 0,
    imported_total: sync?.imported_total ?? 0,
    failures_total: sync?.failures_total ?? 0,
    divergence,
    ledger_height: ledger.height,
    lag_blocks: Math.max(0, head.height - ledger.height),
    total_blocks: head.height,
    total_transactions: snapshot.transactions_total,
    syncing: isBehind && divergence === null,
    status: snapshot.status,
  };
}

function divergenceToWire({ since_ms, ...facts }: DivergenceView): SyncStatusWire['divergence'] {
  return { ...facts, since: timeToWire(since_ms) };
}

/** Peers only share the name of the chain: no chain object can see that, as it speaks to its own network alone. */
function wrongGenesis(
  { genesis_hash }: ChainSnapshot,
  peers: readonly PeerComparison[],
): SyncStatusWire['divergence'] {
  const foreign = peers.filter(({ result }) => result === 'genesis');
  if (foreign.length === 0 || foreign.length < peers.length) return null;
  return {
    kind: 'genesis',
    height: 0,
    own_hash: genesis_hash,
    certified_hash: null,
    detail: `${foreign.length} peers have another genesis under this chain id, and none has this one`,
    since: timeToWire(Math.min(...foreign.map(({ since_ms }) => since_ms))),
  };
}

/** Values that no encoding holds are those of no block. */
function encoded(wire: BlockWire): ReturnType<typeof encodeBlockWire> {
  try {
    return encodeBlockWire(wire, nodeTransactions);
  } catch (error) {
    if (!(error instanceof CodecError || error instanceof PrimitiveError)) throw error;
    throw new ApiError('BLOCK_INVALID', error.message, { extra: { reason: error.code }, cause: error });
  }
}

/** POST /rpc/importBlock. */
export async function importBlock(context: ChainContext, { body }: RouteInput): Promise<Answer> {
  const wire = body as BlockWire;
  const { chain_id } = context.chain;
  if (wire.chain_id !== chain_id) {
    throw new ApiError('BLOCK_INVALID', 'the block is of another chain', { extra: { chain_id } });
  }
  const { hash, ...bytes } = encoded(wire);
  if (hash !== wire.hash) {
    throw new ApiError('BLOCK_INVALID', 'the hash is not that of the header', { extra: { hash } });
  }
  const request = { ...bytes, source: context.source };
  const outcome = await callResult(() => chainStub(context.env, chain_id).importBlock(request));
  const answer: ImportOutcomeWire = {
    success: true,
    accepted: outcome.is_new,
    block_height: outcome.height,
    block_hash: outcome.hash,
    chain_id,
    reorged: false,
  };
  return { status: 200, body: answer, servedBy: 'chain', height: outcome.height };
}
