/** @module Subscriptions that survive their connections: reconnect, resume after the last event, never silently stale. */
import {
  CLOSE_CODES,
  type Credit,
  comparePositions,
  decodeCursor,
  type EventFrame,
  type FrameProblem,
  HEARTBEAT_MS,
  type HeadWire,
  type SubscriptionFilter,
  type Topic,
  type VolatileFrame,
} from '../shared/api/frames.ts';
import type { Problem } from '../shared/api/problems.ts';
import { backoff, sleep } from './abort.ts';
import { errorOf, NetworkError, SubscriptionError, UnavailableError } from './errors.ts';
import { FrameSocket, SILENT, type SocketItem, type WebSocketConstructor } from './socket.ts';
import type { Transport } from './transport.ts';

const RECONNECT_FIRST_MS = 100;
const RECONNECT_MAX_MS = 10_000;
/** Connections in a row that never came about before the reason is asked for by a request. */
const PROBE_EVERY = 3;
/** Close codes that a reconnect does not cure. */
const FATAL_CLOSES: ReadonlySet<number> = new Set([
  CLOSE_CODES.policy,
  CLOSE_CODES.badFrame,
  CLOSE_CODES.auth,
  CLOSE_CODES.forbidden,
  CLOSE_CODES.chainUnknown,
]);

/** Where a subscription stands: at the head, replaying what was missed, or without a connection. */
export type SubscriptionState = 'live' | 'catching_up' | 'reconnecting';

export interface SubscribeOptions {
  readonly filter?: SubscriptionFilter;
  /** First height wanted. Default: the next block. */
  readonly fromHeight?: number;
  /** Of an event seen earlier: what follows it is wanted. Wins over `fromHeight`. */
  readonly cursor?: string;
  /** Events that the node may send ahead of the loop. */
  readonly credit?: number;
  readonly signal?: AbortSignal;
  readonly onState?: (state: SubscriptionState) => void;
  /** Told of each head that the node shows, also without an event. */
  readonly onHead?: (head: HeadWire) => void;
}

/** An event as the loop sees it. */
export type SubscriptionEvent<Data> = Pick<
  EventFrame<Data>,
  'topic' | 'height' | 'cursor' | 'replay' | 'data'
> & {
  /** True for what happens between blocks: it is never sent again, and `cursor` is that of the last event of a block. */
  readonly volatile?: true;
};

/** A subscription. Iterate it once; leaving the loop or aborting the signal ends it. */
export class Subscription<Data> implements AsyncIterable<SubscriptionEvent<Data>> {
  readonly #transport: Transport;
  readonly #topic: Topic;
  readonly #options: SubscribeOptions;
  readonly #socketClass: WebSocketConstructor;
  #state: SubscriptionState = 'reconnecting';
  #cursor: string | null;

  constructor(
    transport: Transport,
    topic: Topic,
    options: SubscribeOptions,
    socketClass: WebSocketConstructor | undefined,
  ) {
    this.#transport = transport;
    this.#topic = topic;
    this.#options = options;
    this.#socketClass = socketClass ?? (globalThis.WebSocket as unknown as WebSocketConstructor);
    this.#cursor = options.cursor ?? null;
  }

  get state(): SubscriptionState {
    return this.#state;
  }

  /** Where a later subscription goes on; null before the first connection. */
  get cursor(): string | null {
    return this.#cursor;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<SubscriptionEvent<Data>, void, undefined> {
    const { signal } = this.#options;
    for (let attempt = 0; ; attempt += 1) {
      if (signal?.aborted) return;
      const session = new Session<Data>(
        this.#transport,
        this.#topic,
        this.#options,
        this.#socketClass,
        this.#cursor,
      );
      const abort = () => session.close();
      signal?.addEventListener('abort', abort, { once: true });
      try {
        for await (const event of session.run((state) => this.#moveTo(state))) {
          attempt = 0;
          this.#cursor = event.cursor;
          yield event;
        }
        // The place is kept even if no event came: what happens until the next connection is replayed.
        this.#cursor = session.cursor ?? this.#cursor;
        if (session.confirmed) attempt = 0;
      } finally {
        signal?.removeEventListener('abort', abort);
        session.close();
      }
      if (signal?.aborted) return;
      this.#moveTo('reconnecting');
      if (!session.confirmed && attempt > 0 && attempt % PROBE_EVERY === 0) await this.#probe();
      await sleep(backoff(attempt, RECONNECT_FIRST_MS, RECONNECT_MAX_MS), signal).catch(() => {});
    }
  }

  /** A socket that never opens says nothing of the reason; a request does. Throws what a reconnect does not cure. */
  async #probe(): Promise<void> {
    try {
      await this.#transport.get('/rpc/get_head', { signal: this.#options.signal });
    } catch (error) {
      const passes = error instanceof NetworkError || error instanceof UnavailableError;
      if (!passes && this.#options.signal?.aborted !== true) throw error;
    }
  }

  #moveTo(state: SubscriptionState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }
}

/** One connection of a subscription. */
class Session<Data> {
  readonly #transport: Transport;
  readonly #topic: Topic;
  readonly #options: SubscribeOptions;
  readonly #socket: FrameSocket;
  #cursor: string | null;
  #sub: string | null = null;
  #credit: Credit = { events: 1, bytes: 1 };
  /** What the loop has taken and the node does not know of yet; `seq` of the last event. */
  #unacked = { events: 0, bytes: 0, seq: 0 };
  #heartbeatMs = HEARTBEAT_MS;
  #heartbeat: ReturnType<typeof setInterval> | null = null;

  constructor(
    transport: Transport,
    topic: Topic,
    options: SubscribeOptions,
    socketClass: WebSocketConstructor,
    cursor: string | null,
  ) {
    this.#transport = transport;
    this.#topic = topic;
    this.#options = options;
    this.#cursor = cursor;
    this.#socket = new FrameSocket(`${transport.baseUrl.replace(/^http/, 'ws')}/ws`, socketClass);
    this.#watch();
  }

  get cursor(): string | null {
    return this.#cursor;
  }

  /** The node has taken the subscription. */
  get confirmed(): boolean {
    return this.#sub !== null;
  }

  close(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    this.#socket.close(1000, '');
  }

  /** Yields events until the connection ends. Throws what a reconnect does not cure. */
  async *run(
    onState: (state: SubscriptionState) => void,
  ): AsyncGenerator<SubscriptionEvent<Data>, void, undefined> {
    for (;;) {
      const item = await this.#socket.next();
      if (item.kind === 'closed') return checkClose(item);
      const { frame, size } = item;
      if (frame.type === 'hello') this.#subscribe(frame);
      else if (frame.type === 'subscribed') {
        this.#sub = frame.sub;
        this.#credit = frame.credit;
        this.#cursor = frame.cursor;
        this.#sawHead(frame.head);
        onState(frame.replay_from === null ? 'live' : 'catching_up');
      } else if (frame.type === 'caught_up') {
        this.#cursor = frame.cursor;
        onState('live');
      } else if (frame.type === 'credit') {
        this.#credit = frame.credit;
        this.#acknowledge();
      } else if (frame.type === 'heartbeat') this.#sawHead(frame.head);
      else if (frame.type === 'error') return checkProblem(frame.error);
      else if (frame.type === 'event' && 'volatile' in frame) {
        if (this.#cursor !== null) yield volatileEvent<Data>(frame, this.#cursor);
        this.#took(frame.seq, size);
      } else if (frame.type === 'event') {
        if (frame.replay) onState('catching_up');
        const { topic, height, cursor, replay, data, seq } = frame as EventFrame<Data>;
        if (this.#isNew(cursor)) {
          this.#cursor = cursor;
          this.#transport.observe(height, null);
          yield { topic, height, cursor, replay, data };
        }
        this.#took(seq, size);
      }
      // `lagged` needs no answer: the close that follows leads to a resume from the cursor.
    }
  }

  #subscribe(hello: { genesis_hash: string; head: HeadWire; heartbeat_ms: number }): void {
    this.#transport.observe(null, hello.genesis_hash);
    this.#sawHead(hello.head);
    this.#heartbeatMs = hello.heartbeat_ms;
    this.#watch();
    const { filter, fromHeight, credit } = this.#options;
    const start =
      this.#cursor !== null
        ? { cursor: this.#cursor }
        : fromHeight === undefined
          ? {}
          : { from_height: fromHeight };
    this.#socket.send({
      id: 1,
      type: 'subscribe',
      topic: this.#topic,
      ...(filter === undefined ? {} : { filter }),
      ...(credit === undefined ? {} : { credit }),
      ...start,
    });
  }

  /** Acknowledges what the loop has taken, at a quarter of the credit: a slow loop slows the node down. */
  #took(seq: number, size: number): void {
    this.#unacked = { events: this.#unacked.events + 1, bytes: this.#unacked.bytes + size, seq };
    const { events, bytes } = this.#unacked;
    if (events * 4 >= this.#credit.events || bytes * 4 >= this.#credit.bytes) this.#acknowledge();
  }

  #acknowledge(): void {
    const { events, seq } = this.#unacked;
    if (events === 0) return;
    this.#unacked = { events: 0, bytes: 0, seq };
    this.#socket.send({ type: 'ack', sub: this.#sub, seq });
  }

  #isNew(cursor: string): boolean {
    const last = this.#cursor === null ? null : decodeCursor(this.#cursor);
    const position = decodeCursor(cursor);
    return last === null || position === null || comparePositions(position, last) > 0;
  }

  #sawHead(head: HeadWire): void {
    this.#options.onHead?.(head);
  }

  /**
   * Two heartbeats without a sign of life are the end of the connection. With each goes what is left to acknowledge, so
   * that a node need not keep room for events that were read long ago.
   */
  #watch(): void {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = setInterval(() => {
      if (this.#socket.silentMs > 2 * this.#heartbeatMs) return this.#socket.close(SILENT, 'no heartbeat');
      this.#acknowledge();
      this.#socket.send('ping');
    }, this.#heartbeatMs);
  }
}

function volatileEvent<Data>(frame: VolatileFrame, cursor: string): SubscriptionEvent<Data> {
  const { topic, height, data } = frame;
  return { topic, height, cursor, replay: false, volatile: true, data: data as Data };
}

/** Returns for a failure that passes: the subscription reconnects. Throws any other. */
function checkProblem(problem: FrameProblem): void {
  const error = errorOf(problem as unknown as Problem);
  if (error instanceof UnavailableError && error.code !== 'SUBSCRIPTION_LIMIT') return;
  const options = { status: error.status, problem: problem as unknown as Problem };
  throw new SubscriptionError(error.code, error.message, options);
}

function checkClose({ code, reason }: Extract<SocketItem, { kind: 'closed' }>): void {
  if (!FATAL_CLOSES.has(code)) return;
  throw new SubscriptionError('NETWORK_ERROR', `the node closed the socket: ${code} ${reason}`);
}
