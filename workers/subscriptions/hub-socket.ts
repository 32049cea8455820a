/** @module Forwards a socket to a hub of its chain, with what the hub must know before it says hello. */
import { type HeadWire, HUB_HEADERS, HUB_SHARDS } from '../../shared/api/frames.ts';
import type { ChainRecord } from '../../shared/api/objects.ts';
import { ApiError } from '../../shared/api/problems.ts';
import { type Env, hubStub, nodeStub } from '../env.ts';

/** The hub's answer: 101 with the socket, or a problem. Hubs are chosen at random: clients need no affinity. */
export async function connectHub(
  env: Env,
  chain: ChainRecord,
  subprotocol: string | null,
): Promise<Response> {
  const snapshot = await nodeStub(env).chainSnapshot(chain.chain_id);
  if (snapshot === null) throw new ApiError('CHAIN_UNKNOWN', `no chain ${chain.chain_id}`);
  const { height, hash, time_ms } = snapshot.head;
  const head: HeadWire = { height, hash, timestamp: new Date(time_ms).toISOString() };
  const headers = new Headers({
    upgrade: 'websocket',
    [HUB_HEADERS.chainId]: chain.chain_id,
    [HUB_HEADERS.genesisHash]: chain.genesis_hash,
    [HUB_HEADERS.ledgerName]: chain.ledger_name,
    [HUB_HEADERS.head]: JSON.stringify(head),
  });
  if (subprotocol !== null) headers.set('sec-websocket-protocol', subprotocol);
  const shard = Math.floor(Math.random() * HUB_SHARDS);
  return hubStub(env, chain.chain_id, shard).fetch(new Request('https://hub/ws', { headers }));
}

/** `GET /ws`. A request that is no upgrade is told so. */
export async function openSocket(request: Request, env: Env, chain: ChainRecord): Promise<Response> {
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    throw new ApiError('UPGRADE_REQUIRED', 'open this route as a WebSocket, or use /events', {
      headers: { upgrade: 'websocket' },
    });
  }
  return connectHub(env, chain, request.headers.get('sec-websocket-protocol'));
}
