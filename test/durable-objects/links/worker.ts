/**
 * @module A node with the real peer routes and links, and a chain object that only records what comes in. Tests tell it
 * over plain HTTP what to send: a stub held by a test would keep the object in memory.
 */
import { DurableObject } from 'cloudflare:workers';
import { Hono } from 'hono';
import { PeerLinks } from '../../../durable-objects/chain/links/peer-links.ts';
import { localKeys } from '../../../durable-objects/chain/validator-key.ts';
import type { ChainRecord } from '../../../shared/api/objects.ts';
import { decodeFrame, encodeFrame } from '../../../shared/api/p2p/frame-codec.ts';
import { parseSettings } from '../../../shared/api/settings.ts';
import { createLogger } from '../../../shared/observability/log.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { fromHex, toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { parseHash } from '../../../shared/protocol/primitives/hash.ts';
import { chainStub, type Env } from '../../../workers/env.ts';
import { mountPeers } from '../../../workers/p2p/routes.ts';
import { failureOf, problemResponse } from '../../../workers/rpc/respond.ts';
import { CHAIN_ID, GENESIS_HASH, type LinkState, type NodeSetup } from './contract.ts';

/** The registry: one chain. */
export class NodeObject extends DurableObject<Env> {
  async chain(name: string | null): Promise<ChainRecord | null> {
    if (name !== CHAIN_ID) return null;
    return {
      chain_id: CHAIN_ID,
      genesis_hash: GENESIS_HASH,
      chain_type: 'default',
      is_default: true,
      ledger_name: 'default',
      status: 'RUNNING',
    };
  }

  async addMetrics(): Promise<void> {}
}

/** Bound by the node, used by nobody here. */
export class HubObject extends DurableObject<Env> {}

/** Frames up to this many bytes are shown whole. */
const SHOWN_BYTES_MAX = 1_024;

export class ChainObject extends DurableObject<Env> {
  readonly #life = Math.random();
  readonly #received: { peer: string; kind: string; frame: string; bytes: number }[] = [];
  readonly #opened: string[] = [];
  #links: PeerLinks | null = null;
  /** The other validators. */
  #others: readonly string[] = [];

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => {
      const setup = await ctx.storage.get<NodeSetup>('setup');
      if (setup !== undefined) this.#links = this.#wire(setup);
    });
  }

  async setup(setup: NodeSetup): Promise<void> {
    await this.ctx.storage.put('setup', setup);
    this.#links = this.#wire(setup);
  }

  /** Sends encoded frames to one peer, or to all for null. */
  async send(peer: string | null, frames: string[]): Promise<void> {
    for (const frame of frames.map((hex) => decodeFrame(fromHex(hex)))) {
      const peers = peer === null ? this.#others : [peer];
      for (const one of peers) this.#links?.send(one as ConsensusKey, frame);
    }
  }

  async idle(): Promise<void> {
    this.#links?.closeIdle();
  }

  async forget(): Promise<void> {
    this.ctx.abort('test');
  }

  async state(): Promise<LinkState> {
    const sockets = this.ctx.getWebSockets().filter(({ readyState }) => readyState === WebSocket.OPEN);
    return {
      life: this.#life,
      connected: [...(this.#links?.connected ?? [])],
      opened: this.#opened,
      received: this.#received,
      incoming: sockets.length,
      quiet: this.#links?.isQuiet ?? true,
      stats: this.#links?.stats ?? null,
    };
  }

  override async fetch(request: Request): Promise<Response> {
    return this.#links?.accept(request) ?? new Response(null, { status: 404 });
  }

  override async webSocketMessage(socket: WebSocket, data: ArrayBuffer | string): Promise<void> {
    this.#links?.message(socket, data);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    this.#links?.closed(socket, code);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#links?.error(socket);
  }

  #wire(setup: NodeSetup): PeerLinks {
    const keys = localKeys(parseSettings(this.env));
    const self = keys.validator;
    assert(self !== null, 'the test gives each node a key');
    this.#others = setup.validators.filter((key) => key !== self.consensusKey);
    const urls = new Map(Object.entries(setup.peers));
    return new PeerLinks({
      chainId: CHAIN_ID,
      genesisHash: parseHash(GENESIS_HASH),
      keys,
      isPublic: setup.isPublic === true,
      roleOf: (key) => {
        if (setup.validators.includes(key)) return 'validator';
        return setup.upstreams?.includes(key) === true ? 'upstream' : 'stranger';
      },
      selfFor: () => self,
      urlOf: (key) => urls.get(key),
      log: createLogger('links'),
      ctx: this.ctx,
      now: () => Date.now(),
      onFrame: (peer, frame) => {
        const bytes = encodeFrame(frame);
        const shown = bytes.length <= SHOWN_BYTES_MAX ? toHex(bytes) : '';
        this.#received.push({ peer, kind: frame.kind, frame: shown, bytes: bytes.length });
      },
      onConnected: (peer) => this.#opened.push(peer),
      onFailed: () => undefined,
      onOverBudget: () => undefined,
      onBroken: () => undefined,
      onFlood: () => undefined,
    });
  }
}

type TestChain = Pick<ChainObject, 'setup' | 'send' | 'idle' | 'state' | 'forget'>;
const chain = (env: Env): TestChain => chainStub(env, CHAIN_ID) as unknown as TestChain;

const app = new Hono<{ Bindings: Env }>();
mountPeers(app, async (_context, route, run) => {
  const exchange = { requestId: 'test', chain: null, route, isAdmin: false };
  try {
    return await run();
  } catch (error) {
    return problemResponse(failureOf(error, exchange), exchange);
  }
});
app.get('/livez', (context) => context.json({ status: 'ok' }));
app.get('/test/state', async (context) => context.json(await chain(context.env).state()));
app.post('/test/setup', async (context) => {
  await chain(context.env).setup(await context.req.json());
  return context.json(null);
});
app.post('/test/send', async (context) => {
  const { peer, frames } = await context.req.json<{ peer: string | null; frames: string[] }>();
  await chain(context.env).send(peer, frames);
  return context.json(null);
});
app.post('/test/idle', async (context) => {
  await chain(context.env).idle();
  return context.json(null);
});
app.post('/test/forget', async (context) => {
  // The call fails with the object that it ends.
  await chain(context.env)
    .forget()
    .catch(() => undefined);
  return context.json(null);
});
export default app;
