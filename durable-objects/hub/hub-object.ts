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
import { FRAME_BYTES_MAX, SOCKETS_MAX, SUBSCRIPTIONS_MAX } from './limits.ts';
import { Replayer } from './replayer.ts';
import { endSocket, NEW_SOCKET, writeState } from './socket-state.ts';

export class HubObject extends DurableObject<Bindings> implements HubRpc {
  readonly #store: HubStore;
  readonly #link: ChainLink;
  readonly #source: BlockSource;
  readonly #replayer: Replayer;
  readonly #fanOut: FanOut;
  readonly #conversation: Conversation;
  readonly #announcements: Announcements;
  readonly #log = createLogger('hub');
  /** Replays that were under way when an earlier life of this object ended go on with its first event. */
  #resumed = false;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const settings = parseSettings(env);
    configureLogs(settings.logLevel);
    const [chainId = '', shard = '0'] = (ctx.id.name ?? '').split('/');
    const chain = () => chainStub(env, chainId);
    this.#store = new HubStore(ctx.storage.sql);
    this.#fanOut = new FanOut(() => ctx.getWebSockets());
    this.#announcements = new Announcements((events) => this.#fanOut.announce(events));
    const wanted = () => this.#fanOut.count() > 0;
    this.#link = new ChainLink({ chain, shard: Number(shard), store: this.#store, wanted });
    this.#conversation = new Conversation({
      registry: nodeTransactions,
      store: this.#store,
      link: this.#link,
      fanOut: this.#fanOut,
      replay: (socket) => this.#replay(socket),
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
      head: () => this.#store.row?.head.height ?? 0,
      now: () => this.#fanOut.now(),
      end: (socket, sub, code, detail) => {
        this.#conversation.end(socket, sub, code, detail);
        ctx.waitUntil(this.#detachIfLast());
      },
      giveUp: (socket, error) => {
        this.#warn('replay', 'blocks cannot be read; the socket is closed', error);
        endSocket(socket, CLOSE_CODES.overload, 'blocks cannot be read at the moment');
      },
    });
  }

  /** A socket that the Worker forwards, with what it knows of the chain in headers. */
  override async fetch(request: Request): Promise<Response> {
    if (this.ctx.getWebSockets().length >= SOCKETS_MAX)
      return problemResponse('SOCKET_LIMIT', 'this hub is full');
    const head = this.#greet(request.headers);
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    writeState(server, NEW_SOCKET);
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
    const { subscribers, replays } = this.#fanOut.publish(blocks, head.height);
    for (const socket of this.#resumed ? replays : this.ctx.getWebSockets()) this.#replay(socket);
    this.#resumed = true;
    this.#announcements.release(head.height);
    if (subscribers === 0) this.#link.dismissed();
    return { next_height: nextHeight, subscribers };
  }

  /** What consensus does now. Until the block below is here it waits, in a bounded queue, so that heights stay in order. */
  async announce(events: readonly VolatileEvent[]): Promise<{ subscribers: number }> {
    const present = this.#announcements.take(events, this.#store.row?.head.height ?? 0);
    return { subscribers: this.#link.wanting(present) };
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    this.#resume();
    return this.#conversation.take(socket, message);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    // A hibernating socket answers a close only when told to. 1005 and 1006 stand for no code and cannot be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code, '');
    await this.#detachIfLast();
  }

  override async webSocketError(_socket: WebSocket, error: unknown): Promise<void> {
    this.#log.debug('a socket failed', { function: 'webSocketError', error: errorText(error) });
    await this.#detachIfLast();
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

  async #detachIfLast(): Promise<void> {
    this.#fanOut.recount();
    if (this.#fanOut.count() > 0) return;
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
