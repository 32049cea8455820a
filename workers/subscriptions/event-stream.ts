/**
 * @module `GET /events`: server-sent events. The Worker holds one socket to the hub and acknowledges what its own
 * reader has taken, so a slow reader slows the hub down and never fills memory.
 */
import {
  type EventFrame,
  HEARTBEAT_MS,
  type ServerFrame,
  type SubscribedFrame,
  type Topic,
  type VolatileFrame,
} from '../../shared/api/frames.ts';
import type { ChainRecord } from '../../shared/api/objects.ts';
import type { Env } from '../env.ts';
import { formatEventId, parseEventQuery, type TopicRequest } from './event-query.ts';
import { connectHub } from './hub-socket.ts';

/** Events on the way between hub and Worker per topic. */
const STREAM_CREDIT = 64;
/** What a browser waits before it reconnects, in milliseconds. */
const RETRY_MS = 1_000;

/** Opens the stream. Throws ApiError for a bad query; a hub that refuses gives its own answer. */
export async function openEvents(request: Request, env: Env, chain: ChainRecord): Promise<Response> {
  const requests = parseEventQuery(new URL(request.url), request.headers.get('last-event-id'));
  const answer = await connectHub(env, chain, null);
  const socket = answer.webSocket;
  if (socket === null) return answer;
  const { readable, writable } = new IdentityTransformStream();
  const stream = new EventStream(socket, writable.getWriter(), requests);
  stream.start();
  return new Response(readable, {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
      'x-chain-id': chain.chain_id,
      'x-genesis-hash': chain.genesis_hash,
    },
  });
}

class EventStream {
  readonly #socket: WebSocket;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #requests: readonly TopicRequest[];
  readonly #cursors = new Map<Topic, string>();
  /** Topic of each subscription id. */
  readonly #topics = new Map<string, Topic>();
  /** Events that came before every topic was confirmed: their ids would lack a cursor. */
  readonly #early: EventFrame[] = [];
  #tail: Promise<void> = Promise.resolve();
  #heartbeat: ReturnType<typeof setInterval> | null = null;

  constructor(
    socket: WebSocket,
    writer: WritableStreamDefaultWriter<Uint8Array>,
    requests: readonly TopicRequest[],
  ) {
    this.#socket = socket;
    this.#writer = writer;
    this.#requests = requests;
  }

  start(): void {
    this.#socket.accept();
    this.#socket.addEventListener('message', ({ data }) => {
      this.#enqueue(() => this.#handle(JSON.parse(String(data)) as ServerFrame));
    });
    this.#socket.addEventListener('close', () => this.#enqueue(async () => this.#stop()));
    this.#writer.closed.catch(() => this.#stop());
    for (const [index, request] of this.#requests.entries()) {
      this.#socket.send(JSON.stringify({ id: index, type: 'subscribe', credit: STREAM_CREDIT, ...request }));
    }
    this.#heartbeat = setInterval(() => this.#socket.send('ping'), HEARTBEAT_MS);
  }

  /** One frame at a time, each only when the reader has taken the one before. */
  #enqueue(task: () => Promise<void>): void {
    this.#tail = this.#tail.then(task).catch(() => this.#stop());
  }

  async #handle(frame: ServerFrame): Promise<void> {
    if (frame.type === 'event') return 'volatile' in frame ? this.#volatile(frame) : this.#event(frame);
    if (frame.type === 'subscribed') return this.#subscribed(frame);
    if (frame.type === 'heartbeat') return this.#write(`: head ${frame.head.height}\n\n`);
    if (frame.type === 'hello') return this.#write(`retry: ${RETRY_MS}\n${message('hello', frame)}`);
    // Each event is acknowledged as it is taken, so a smaller credit changes nothing.
    if (frame.type === 'unsubscribed' || frame.type === 'credit') return;
    await this.#write(message(frame.type, { ...frame, topic: this.#topics.get(frame.sub ?? '') }));
    if (frame.type !== 'caught_up') this.#stop();
  }

  async #subscribed(frame: SubscribedFrame): Promise<void> {
    const request = this.#requests[Number(frame.id)];
    if (request === undefined) return;
    this.#topics.set(frame.sub, request.topic);
    this.#cursors.set(request.topic, frame.cursor);
    if (this.#cursors.size < this.#requests.length) return;
    for (const event of this.#early.splice(0)) await this.#event(event);
  }

  async #event(frame: EventFrame): Promise<void> {
    if (this.#cursors.size < this.#requests.length) {
      this.#early.push(frame);
      return;
    }
    const { sub, seq, topic, height, cursor, replay, data } = frame;
    this.#cursors.set(topic, cursor);
    const id = formatEventId(this.#cursors);
    await this.#write(`id: ${id}\n${message(topic, { topic, height, cursor, replay, data })}`);
    this.#socket.send(JSON.stringify({ type: 'ack', sub, seq }));
  }

  /** What happens between blocks has no id: a reader that comes again goes on after the last event of a block. */
  async #volatile({ sub, seq, topic, height, data }: VolatileFrame): Promise<void> {
    await this.#write(message(topic, { topic, height, volatile: true, replay: false, data }));
    this.#socket.send(JSON.stringify({ type: 'ack', sub, seq }));
  }

  /** Resolves when the reader has taken it. */
  async #write(text: string): Promise<void> {
    await this.#writer.write(new TextEncoder().encode(text));
  }

  #stop(): void {
    if (this.#heartbeat === null) return;
    clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    this.#socket.close();
    // The reader may have gone first: then there is nothing left to close.
    this.#writer.close().catch(() => {});
  }
}

function message(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
}
