/** @module Routes over chains as wholes: list, create, genesis, info, how far they are. */
import { timeToWire } from '../../../shared/api/convert.ts';
import type { ChainSnapshot } from '../../../shared/api/objects.ts';
import { ApiError } from '../../../shared/api/problems.ts';
import { BODY_BYTES_GENESIS, BODY_BYTES_TX, BODY_BYTES_TXS } from '../../../shared/api/route-spec.ts';
import { WAIT_MS_MAX } from '../../../shared/api/routes.ts';
import { RANGE_BLOCKS_MAX } from '../../../shared/api/schemas/block.ts';
import type { ChainWire, InfoWire } from '../../../shared/api/schemas/node.ts';
import { PAGE_LIMIT_MAX } from '../../../shared/api/schemas/scalars.ts';
import { SEND_TXS_MAX } from '../../../shared/api/schemas/transaction.ts';
import { PROTOCOL_VERSION, VERSION } from '../../../shared/api/version.ts';
import { genesisFromJson, paramsToJson } from '../../../shared/protocol/genesis/document.ts';
import { encodeGenesis } from '../../../shared/protocol/genesis/encode.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import { TRANSACTION_BYTES_MAX } from '../../../shared/protocol/primitives/limits.ts';
import { nodeTransactions } from '../../../shared/protocol/transaction/registry.ts';
import {
  type Answer,
  type ChainContext,
  chainAnswer,
  type NodeContext,
  type RouteInput,
} from '../../context.ts';
import { chainStub, nodeStub } from '../../env.ts';
import { forgetChain } from '../chain-choice.ts';
import { chainFacts } from '../chain-facts.ts';
import { headSnapshot } from '../head.ts';
import { JSON_RPC_BATCH_MAX } from '../json-rpc-limits.ts';
import { callObject, callResult } from '../objects.ts';
import { paramsOf } from '../params-in-force.ts';

/** A chain as the node knows it. */
export function chainToWire(snapshot: ChainSnapshot): ChainWire {
  const { head, ledger } = snapshot;
  return {
    chain_id: snapshot.chain_id,
    chain_type: snapshot.chain_type,
    status: snapshot.status,
    genesis_hash: snapshot.genesis_hash,
    height: head.height,
    head_hash: head.hash,
    head_timestamp: timeToWire(head.time_ms),
    validators: snapshot.validators,
    mempool_transactions: snapshot.mempool_transactions,
    transactions_total: snapshot.transactions_total,
    ledger: {
      status: ledger.status,
      height: ledger.height,
      lag_blocks: Math.max(0, head.height - ledger.height),
      ...(ledger.error === undefined ? {} : { error: ledger.error }),
      ...(ledger.since_ms === undefined ? {} : { since: timeToWire(ledger.since_ms) }),
    },
  };
}

/** GET /chains. */
export async function getChains(context: NodeContext): Promise<Answer> {
  const snapshots = await callObject(() => nodeStub(context.env).chains());
  const chains = snapshots.map(chainToWire);
  return { status: 200, body: { chains, count: chains.length }, servedBy: 'node' };
}

/** GET /chains/{chain_id}. */
export async function getChain(context: NodeContext, { params }: RouteInput): Promise<Answer> {
  const chainId = String(params.chain_id);
  const snapshot = await callObject(() => nodeStub(context.env).chainSnapshot(chainId));
  if (snapshot === null) throw new ApiError('CHAIN_UNKNOWN', `no chain ${chainId}`);
  return { status: 200, body: chainToWire(snapshot), servedBy: 'node', height: snapshot.head.height };
}

/** POST /chains. */
export async function createChain(context: NodeContext, { body }: RouteInput): Promise<Answer> {
  const { chainId, bytes } = readGenesis(body);
  const request = { genesis: bytes, actor: 'admin' };
  const snapshot = await callResult(() => nodeStub(context.env).createChain(request));
  forgetChain(chainId);
  const location = `/chains/${chainId}`;
  return { status: 201, body: chainToWire(snapshot), servedBy: 'node', headers: { location } };
}

/** The document itself, or wrapped as get_genesis answers it. */
function readGenesis(body: unknown): { chainId: string; bytes: Uint8Array } {
  const { genesis: wrapped } = body as { genesis?: unknown };
  try {
    const genesis = genesisFromJson(wrapped ?? body);
    return { chainId: genesis.chainId, bytes: encodeGenesis(genesis) };
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new ApiError('GENESIS_INVALID', error.message, { extra: error.details, cause: error });
  }
}

/** POST /chains/{chain_id}/ledger/rebuild. */
export async function rebuildLedger(context: ChainContext): Promise<Answer> {
  const { chain_id } = context.chain;
  const range = await callResult(() => chainStub(context.env, chain_id).rebuildLedger());
  context.waitUntil(
    nodeStub(context.env).audit({
      action: 'ledger.rebuild',
      actor: 'admin',
      resource: chain_id,
      success: true,
      detail: `heights ${range.from} to ${range.to}`,
    }),
  );
  return { status: 202, body: { chain_id, ...range }, servedBy: 'chain' };
}

/** GET /rpc/genesis. */
export async function getGenesis(context: ChainContext): Promise<Answer> {
  const facts = await chainFacts(context.env, context.chain);
  const { snapshot } = await headSnapshot(context);
  return chainAnswer(
    { genesis_hash: facts.genesisHash, genesis: facts.document },
    snapshot.head.height,
    'node',
  );
}

const LIMITS: Readonly<Record<string, number>> = {
  transaction_bytes: TRANSACTION_BYTES_MAX,
  send_tx_body_bytes: BODY_BYTES_TX,
  send_txs: SEND_TXS_MAX,
  send_txs_body_bytes: BODY_BYTES_TXS,
  genesis_body_bytes: BODY_BYTES_GENESIS,
  blocks_range: RANGE_BLOCKS_MAX,
  page: PAGE_LIMIT_MAX,
  wait_ms: WAIT_MS_MAX,
  json_rpc_batch: JSON_RPC_BATCH_MAX,
};
const FEATURES = ['json_rpc', 'websocket', 'sse', 'min_height', 'multi_chain'];

/** GET /rpc/info. */
export async function getInfo(context: ChainContext): Promise<Answer> {
  const { snapshot, servedBy } = await headSnapshot(context);
  const params = paramsToJson(await paramsOf(context, snapshot));
  const { head } = snapshot;
  const { settings } = context;
  const body: InfoWire = {
    chain_id: snapshot.chain_id,
    chain_type: snapshot.chain_type,
    status: snapshot.status,
    genesis_hash: snapshot.genesis_hash,
    height: head.height,
    last_block_hash: head.hash,
    timestamp: timeToWire(head.time_ms),
    total_transactions: snapshot.transactions_total,
    validators: snapshot.validators,
    params: params as InfoWire['params'],
    limits: LIMITS,
    transaction_types: nodeTransactions.types.map(({ type, name, active }) => ({ type, name, active })),
    features: FEATURES,
    node: {
      name: settings.nodeName,
      region: settings.nodeRegion ?? null,
      version: VERSION,
      commit: settings.commit,
      protocol_version: PROTOCOL_VERSION,
      ledger: settings.ledger !== undefined,
      replicas: Object.keys(settings.ledger?.replicas ?? {}),
      encryption_at_rest: settings.ledger?.encryptedByOperator === true ? 'operator' : 'none',
    },
  };
  return chainAnswer(body, head.height, servedBy);
}
