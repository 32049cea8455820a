/** @module The object of subscribers' sockets: entry points only. It holds no truth; every position is with its socket. */
import { DurableObject } from 'cloudflare:workers';
import type { VolatileEvent } from '../../shared/api/consensus-views.ts';
import {
  CLOSE_CODES,
  CREDIT_BYTES_MAX,
  CREDIT_EVENTS_MAX,
  HEARTBEAT_MS,
  type HeadWire,
  type HelloFrame,
  HUB_HEADERS,
  SUBPROTOCOL,
} from '../../shared/api/frames.ts';
import type { ChainHead, HubRpc, StoredBlock } from '../../shared/api/objects.ts';
import { PROBLEM_TYPE, type ProblemCode, toProblem } from '../../shared/api/problems.ts';
import { parseSettings } from '../../shared/api/settings.ts';
import { configureLogs, createLogger, errorText } from '../../shared/observability/log.ts';
import { nodeTransactions } from '../../shared/protocol/transaction/registry.ts';
import { type Bindings, chainStub } from '../runtime/bindings.ts';
import { Announcements } from './announcements.ts';
import { decodeHubBlock } from './block-events.ts';
import { chainReader, ledgerReader } from './block-readers.ts';
import { BlockSource } from './block-source.ts';
import { ChainLink, headToWire } from './chain-link.ts';
import { Conversation } from './conversation.ts';
import { FanOut } from './fan-out.ts';
import { HubStore, newerHead } from './hub-store.ts';
import { FRAME_BYTES_MAX, HUB_LIMITS, type HubLimits, SCARCE_SHARE, SUBSCRIPTIONS_MAX } from './limits.ts';
import { Pace } from './pace.ts';
import { Replayer } from './replayer.ts';
import { NEW_SOCKET, SocketStates } from './socket-state.ts';
import type { BlockEvents, Now } from './subscription.ts';

export class HubObject extends DurableObject<Bindings> implements HubRpc {
  readonly #limits: HubLimits;
  readonly #store: HubStore;
  readonly #states: SocketStates;
  readonly #link: ChainLink;
  readonly #source: BlockSource;
  readonly #replayer: Replayer;
  readonly #fanOut: FanOut;
  readonly #conversation: Conversation;
  readonly #announcements: Announcements;
  readonly #log = createLogger('hub');
  /** Replays that were under way when an earlier life of this object ended go on with its first event. */
  #resumed = false;
  /** While blocks are handed out: the height that every live subscriber has had before. */
  #spreadHeight: number | null = null;

  /** The platform gives the first two. */
  constructor(ctx: DurableObjectState, env: Bindings, limits: HubLimits = HUB_LIMITS) {
    super(ctx, env);
    this.#limits = limits;
    const settings = parseSettings(env);
    configureLogs(settings.logLevel);
    const [chainId = '', shard = '0'] = (ctx.id.name ?? '').split('/');
    const chain = () => chainStub(env, chainId);
    this.#store = new HubStore(ctx.storage.sql);
    this.#states = new SocketStates(() => ctx.getWebSockets());
    const pace = new Pace();
    const now = () => this.#now();
    this.#fanOut = new FanOut({ states: this.#states, pace, now });
    this.#announcements = new Announcements((events) => this.#fanOut.announce(events));
    const wanted = () => this.#states.totals.subscriptions > 0;
    this.#link = new ChainLink({ chain, shard: Number(shard), store: this.#store, wanted });
    this.#conversation = new Conversation({
      registry: nodeTransactions,
      store: this.#store,
      link: this.#link,
      states: this.#states,
      subscriptionsMax: limits.subscriptions,
      room: () => now().room,
      replay: (socket) => this.#replay(socket),
      acknowledged: () => this.#roomCame(),
      left: () => this.#detachIfLast(),
    });
    this.#source = new BlockSource({
      readLedger: ledgerReader(settings, () => this.#store.row),
      readChain: chainReader(chain),
      decode: (block) => decodeHubBlock(block, nodeTransactions),
      onLedgerError: (error) =>
        this.#warn('replay', 'the ledger does not answer; reading from the chain', error),
    });
    this.#replayer = new Replayer({
      source: this.#source,
      states: this.#states,
      pace,
      head: () => this.#store.row?.head.height ?? 0,
      now,
      end: (socket, sub, code, detail) => {
        this.#conversation.end(socket, sub, code, detail);
        ctx.waitUntil(this.#detachIfLast());
      },
      giveUp: (socket, error) => {
        this.#warn('replay', 'blocks cannot be read; the socket is closed', error);
        this.#states.end(socket, CLOSE_CODES.overload, 'blocks cannot be read at the moment');
      },
    });
  }

  /** A socket that the Worker forwards, with what it knows of the chain in headers. */
  override async fetch(request: Request): Promise<Response> {
    if (this.ctx.getWebSockets().length >= this.#limits.sockets)
      return problemResponse('SOCKET_LIMIT', 'this hub is full');
    const head = this.#greet(request.headers);
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    this.#states.write(server, NEW_SOCKET);
    server.send(JSON.stringify(this.#hello(head)));
    const offered = request.headers.get('sec-websocket-protocol') ?? '';
    const agreed = offered.split(',').some((name) => name.trim() === SUBPROTOCOL);
    const headers = agreed ? { 'sec-websocket-protocol': SUBPROTOCOL } : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** Blocks in height order, without a gap inside the batch, from the chain. */
  async publish(batch: {
    blocks: StoredBlock[];
    head: ChainHead;
  }): Promise<{ next_height: number; subscribers: number }> {
    const row = this.#store.row;
    const nextHeight = (batch.blocks.at(-1)?.height ?? batch.head.height) + 1;
    if (row === null) return { next_height: nextHeight, subscribers: 0 };
    const head = newerHead(row.head, headToWire(batch.head));
    this.#store.save({ ...row, head, nextHeight: Math.max(row.nextHeight, nextHeight) });
    this.#setHeartbeat(head);
    const blocks = batch.blocks.map((block) => this.#source.put(block));
    for (const socket of await this.#spread(blocks, row.head.height, head.height)) this.#replay(socket);
    this.#roomCame();
    this.#announcements.release(head.height);
    const { subscriptions } = this.#states.totals;
    if (subscriptions === 0) this.#link.dismissed();
    return { next_height: nextHeight, subscribers: subscriptions };
  }

  /** What consensus does now. Until the block below is here it waits, in a bounded queue, so that heights stay in order. */
  async announce(events: readonly VolatileEvent[]): Promise<{ subscribers: number }> {
    const present = this.#announcements.take(events, this.#spreadHeight ?? this.#store.row?.head.height ?? 0);
    return { subscribers: this.#link.wanting(present) };
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    this.#resume();
    return this.#conversation.take(socket, message);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    // A hibernating socket answers a close only when told to. 1005 and 1006 stand for no code and cannot be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code, '');
    await this.#gone(socket);
  }

  override async webSocketError(socket: WebSocket, error: unknown): Promise<void> {
    this.#log.debug('a socket failed', { function: 'webSocketError', error: errorText(error) });
    await this.#gone(socket);
  }

  /** Hands blocks to all. Returns the sockets that have to read some: in a new life of this object it may be any. */
  async #spread(blocks: readonly BlockEvents[], from: number, to: number): Promise<readonly WebSocket[]> {
    this.#spreadHeight = from;
    try {
      // Nothing leaves before what was written is durable: what is sent earlier would all wait in memory.
      await this.ctx.storage.sync();
      const replays = await this.#fanOut.publish(blocks, to);
      return this.#resumed ? replays : this.#states.all();
    } finally {
      this.#resumed = true;
      this.#spreadHeight = null;
    }
  }

  #greet(headers: Headers): HeadWire {
    const known = this.#store.row;
    const told = JSON.parse(headers.get(HUB_HEADERS.head) ?? 'null') as HeadWire;
    const head = known === null ? told : newerHead(known.head, told);
    const chainId = headers.get(HUB_HEADERS.chainId) ?? '';
    const genesisHash = headers.get(HUB_HEADERS.genesisHash) ?? '';
    const ledgerName = headers.get(HUB_HEADERS.ledgerName) ?? '';
    const { nextHeight, attached } = known ?? { nextHeight: head.height + 1, attached: false };
    this.#store.save({ chainId, genesisHash, ledgerName, head, nextHeight, attached });
    this.#setHeartbeat(head);
    return head;
  }

  #hello(head: HeadWire): HelloFrame {
    return {
      type: 'hello',
      chain_id: this.#store.row?.chainId ?? '',
      genesis_hash: this.#store.row?.genesisHash ?? '',
      head,
      server_time: new Date().toISOString(),
      heartbeat_ms: HEARTBEAT_MS,
      limits: {
        subscriptions: SUBSCRIPTIONS_MAX,
        frame_bytes: FRAME_BYTES_MAX,
        credit_events: CREDIT_EVENTS_MAX,
        credit_bytes: CREDIT_BYTES_MAX,
      },
    };
  }

  /** The platform answers `ping` with this, without waking the object. */
  #setHeartbeat(head: HeadWire): void {
    const answer = JSON.stringify({ type: 'heartbeat', head });
    this.ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', answer));
  }

  #replay(socket: WebSocket): void {
    this.ctx.waitUntil(this.#replayer.run(socket));
  }

  #resume(): void {
    if (this.#resumed) return;
    this.#resumed = true;
    for (const socket of this.ctx.getWebSockets()) this.#replay(socket);
  }

  #roomCame(): void {
    this.ctx.waitUntil(this.#replayer.roomCame());
  }

  #now(): Now {
    const { backlogBytes } = this.#limits;
    const room = Math.max(0, backlogBytes - this.#states.totals.bytes);
    return { ms: Date.now(), room, isScarce: room < SCARCE_SHARE * backlogBytes };
  }

  async #gone(socket: WebSocket): Promise<void> {
    this.#states.gone(socket);
    this.#roomCame();
    await this.#detachIfLast();
  }

  async #detachIfLast(): Promise<void> {
    if (this.#states.totals.subscriptions > 0) return;
    try {
      await this.#link.detach();
    } catch (error) {
      // Harmless: the chain detaches by itself when its next publication finds nobody.
      this.#warn('detach', 'the chain did not take the detachment', error);
    }
  }

  #warn(name: string, message: string, error: unknown): void {
    this.#log.warning(message, {
      function: name,
      chain_id: this.#store.row?.chainId,
      error: errorText(error),
    });
  }
}

function problemResponse(code: ProblemCode, detail: string): Response {
  const problem = toProblem({ code, detail }, crypto.randomUUID());
  return new Response(JSON.stringify(problem), {
    status: problem.status,
    headers: { 'content-type': PROBLEM_TYPE },
  });
}
