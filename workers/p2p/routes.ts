/**
 * @module Where peers' nodes come in: `GET /p2p/consensus` as a socket and `POST /p2p/frames`. The edge checks the
 * envelope, so that the chain object meets only nodes that are who they say.
 */
import type { Context, Hono } from 'hono';
import { ENVELOPE_HEADER, P2P_PATHS } from '../../shared/api/p2p/envelope.ts';
import { BATCH_BYTES_MAX } from '../../shared/api/p2p/session-codec.ts';
import { ApiError } from '../../shared/api/problems.ts';
import { sha256Hex } from '../../shared/protocol/crypto/hashing.ts';
import { chainStub, type Env } from '../env.ts';
import { readBounded } from '../rpc/body.ts';
import { callObject } from '../rpc/objects.ts';
import { authenticate, refused } from './authenticate.ts';
import { serveBlocks } from './blocks.ts';

/** A route for peers: no public document lists them. */
export interface PeerRoute {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  run(request: Request, env: Env): Promise<Response>;
}

/** All of them. */
export const PEER_ROUTES: readonly PeerRoute[] = [
  { name: 'p2p_consensus', method: 'GET', path: P2P_PATHS.consensus, run: openLink },
  { name: 'p2p_frames', method: 'POST', path: P2P_PATHS.frames, run: takeFrames },
  { name: 'p2p_blocks', method: 'POST', path: P2P_PATHS.blocks, run: serveBlocks },
];

/** Adds the routes to an app; `serve` answers their failures as it does those of every route. */
export function mountPeers<E extends { Bindings: Env }>(
  app: Hono<E>,
  serve: (context: Context<E>, name: string, run: () => Promise<Response>) => Promise<Response>,
): void {
  for (const { name, method, path, run } of PEER_ROUTES) {
    app.on(method, path, (context) => serve(context, name, () => run(context.req.raw, context.env)));
  }
}

async function openLink(request: Request, env: Env): Promise<Response> {
  if (request.headers.get('upgrade')?.toLowerCase() !== 'websocket') {
    throw new ApiError('UPGRADE_REQUIRED', 'peers open this route as a WebSocket', {
      headers: { upgrade: 'websocket' },
    });
  }
  const { envelope, header } = await authenticate(request, env, 'dial');
  const headers = { upgrade: 'websocket', [ENVELOPE_HEADER]: header };
  return forward(env, envelope.chain, () => new Request(`https://chain${P2P_PATHS.consensus}`, { headers }));
}

async function takeFrames(request: Request, env: Env): Promise<Response> {
  const { envelope, header } = await authenticate(request, env, 'frames');
  const body = await readBounded(request, BATCH_BYTES_MAX);
  if (sha256Hex(body) !== envelope.bodyHash) throw refused('the body is not the one that was signed');
  const headers = { [ENVELOPE_HEADER]: header };
  const init = { method: 'POST', headers, body: body.slice() };
  return forward(env, envelope.chain, () => new Request(`https://chain${P2P_PATHS.frames}`, init));
}

/** The object's answer; its refusals look like those of the edge. A second try is a new request. */
async function forward(env: Env, chainId: string, request: () => Request): Promise<Response> {
  const response = await callObject(() => chainStub(env, chainId).fetch(request()));
  switch (response.status) {
    case 101:
    case 204:
      return response;
    case 400:
      throw new ApiError('REQUEST_INVALID', 'the frames are not in the form they must have');
    case 429:
      throw new ApiError('RATE_LIMITED', 'this peer calls too often', { headers: { 'retry-after': '1' } });
    default:
      throw refused(`the chain object answered ${response.status}`);
  }
}
