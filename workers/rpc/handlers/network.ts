/** @module Routes among nodes. Exchanges and notices come from nodes whose envelope was checked; their answers are signed. */
import { timeToWire } from '../../../shared/api/convert.ts';
import type { Exchange, NoticeMessage, PeerCall, PeerView } from '../../../shared/api/network-views.ts';
import type { ChainSnapshot } from '../../../shared/api/objects.ts';
import { CAPABILITIES } from '../../../shared/api/p2p/capabilities.ts';
import { peerUrl, reachOf } from '../../../shared/api/p2p/peer-address.ts';
import { ApiError } from '../../../shared/api/problems.ts';
import type { NodeStatusWire, PeerListWire, PeerWire } from '../../../shared/api/schemas/network.ts';
import { PROTOCOL_VERSION, VERSION } from '../../../shared/api/version.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import type { Answer, NodeContext, RouteInput } from '../../context.ts';
import { type Env, nodeStub } from '../../env.ts';
import { answerEnvelope } from '../../p2p/node-calls.ts';
import { callObject, callResult, unwrap } from '../objects.ts';

/** GET /api/v1/status. */
export async function getStatus(context: NodeContext): Promise<Answer> {
  const [view, chains] = await Promise.all([
    callObject(() => nodeStub(context.env).network()),
    callObject(() => nodeStub(context.env).chains()),
  ]);
  const body: NodeStatusWire = {
    protocol: 'atoll',
    protocol_version: PROTOCOL_VERSION,
    version: VERSION,
    node_id: view.node_id,
    name: context.settings.nodeName,
    capabilities: [...CAPABILITIES],
    record: view.record,
    timestamp: timeToWire(Date.now()),
    peers: view.peers.filter(({ state }) => state === 'active').length,
    chains: chains.filter(({ chain_type }) => chain_type !== 'bilateral').map(chainOfStatus),
  };
  return nodeAnswer(body);
}

function chainOfStatus(snapshot: ChainSnapshot): NodeStatusWire['chains'][number] {
  const { chain_id, chain_type, status, genesis_hash, head } = snapshot;
  const { height, hash: head_hash, state_root } = head;
  return { chain_id, chain_type, status, genesis_hash, height, head_hash, state_root };
}

/** GET /api/v1/peers. */
export async function getPeers(context: NodeContext): Promise<Answer> {
  const view = await callObject(() => nodeStub(context.env).network());
  const body: PeerListWire = {
    node_id: view.node_id,
    peers: view.peers.map(peerToWire),
    count: view.peers.length,
    boot_nodes: view.boot_nodes.map(({ url, state, detail }) => ({ url, state, detail })),
    sync_interval_ms: view.interval_ms,
    next_sync: optionalTime(view.next_round_ms ?? 0),
  };
  return nodeAnswer(body);
}

/** GET /api/v1/nodes/{node_id}. */
export async function getNode(context: NodeContext, { params }: RouteInput): Promise<Answer> {
  const nodeId = String(params.node_id);
  const view = await callObject(() => nodeStub(context.env).node(nodeId));
  if (view === null) throw new ApiError('NODE_UNKNOWN', `no node ${nodeId}`);
  return nodeAnswer(peerToWire(view));
}

/** GET /api/v1/broadcast/{notice_id}. */
export async function getNotice(context: NodeContext, { params }: RouteInput): Promise<Answer> {
  const id = String(params.notice_id);
  const view = await callObject(() => nodeStub(context.env).notice(id));
  if (view === null) throw new ApiError('NOTICE_UNKNOWN', `no notice ${id}`);
  return nodeAnswer(view);
}

/** PUT /api/v1/network/join. */
export function joinNetwork(context: NodeContext, { body }: RouteInput): Promise<Answer> {
  return signed(context, (call) => callNode(context.env, 'join', call, body as Exchange));
}

/** POST /api/v1/sync. */
export function syncPeers(context: NodeContext, { body }: RouteInput): Promise<Answer> {
  return signed(context, (call) => callNode(context.env, 'sync', call, body as Exchange));
}

/** PUT /api/v1/network/leave. */
export function leaveNetwork(context: NodeContext, { body }: RouteInput): Promise<Answer> {
  return signed(context, async (call) => {
    await callResult(() => nodeStub(context.env).leave(call, body as { record: string }));
    return { left: true };
  });
}

/** PUT /api/v1/broadcast. */
export function broadcast(context: NodeContext, { body }: RouteInput): Promise<Answer> {
  return signed(context, (call) =>
    callResult(() => nodeStub(context.env).broadcast(call, body as NoticeMessage)),
  );
}

/** POST /admin/network/join. */
export async function joinThrough(context: NodeContext, { body }: RouteInput): Promise<Answer> {
  const { network } = context.settings;
  const url = peerUrl((body as { url: string }).url);
  if (url === null) {
    const errors = [
      { pointer: '/body/url', detail: 'expected an https URL, or an http one of a private address' },
    ];
    throw new ApiError('REQUEST_INVALID', 'the URL is not one of a node', { errors });
  }
  if (!network.allowPrivatePeers && reachOf(url) === 'private') {
    throw new ApiError(
      'PEER_ADDRESS_REFUSED',
      'the address is private, and this node takes public ones only',
    );
  }
  const peer = await callResult(() => nodeStub(context.env).joinThrough(url));
  audit(context, 'network.join', url, peer.node_id);
  return nodeAnswer(peerToWire(peer));
}

/** POST /admin/network/leave. */
export async function leavePeers(context: NodeContext): Promise<Answer> {
  const left = await callResult(() => nodeStub(context.env).leaveNetwork());
  audit(context, 'network.leave', 'peers', `${left.told} were told`);
  return nodeAnswer(left);
}

/** POST /admin/network/beacon. */
export async function sendBeacon(context: NodeContext): Promise<Answer> {
  return nodeAnswer(await callResult(() => nodeStub(context.env).beacon()));
}

/** A peer on the wire. */
export function peerToWire(view: PeerView): PeerWire {
  const { version, first_seen_ms, last_seen_ms, banned_until_ms, capabilities, chains, ...same } = view;
  return {
    ...same,
    protocol_version: version,
    capabilities: [...capabilities],
    first_seen: timeToWire(first_seen_ms),
    last_seen: optionalTime(last_seen_ms),
    banned_until: optionalTime(banned_until_ms),
    chains: chains.map(({ chain_id, genesis_hash, height }) => ({ chain_id, genesis_hash, height })),
  };
}

/** Not retried as other calls of objects are: the nonce of the call counts once. */
async function callNode(
  env: Env,
  method: 'join' | 'sync',
  call: PeerCall,
  exchange: Exchange,
): Promise<unknown> {
  return unwrap(await nodeStub(env)[method](call, exchange));
}

/** Runs a call of another node and signs its answer, over the very bytes that are sent. */
async function signed(context: NodeContext, run: (call: PeerCall) => Promise<unknown>): Promise<Answer> {
  const { call, settings } = context;
  assert(call !== undefined, 'a route with an envelope is only run for one');
  const text = JSON.stringify(await run(call));
  const headers = answerEnvelope(settings, call, new TextEncoder().encode(text));
  return { status: 200, body: text, type: 'application/json; charset=utf-8', servedBy: 'node', headers };
}

function audit(context: NodeContext, action: string, resource: string, detail: string): void {
  context.waitUntil(nodeStub(context.env).audit({ action, actor: 'admin', resource, success: true, detail }));
}

function nodeAnswer(body: unknown): Answer {
  return { status: 200, body, servedBy: 'node' };
}

function optionalTime(ms: number): string | null {
  return ms === 0 ? null : timeToWire(ms);
}
