/**
 * @module A subscriber of blocks with a plain WebSocket that comes back after every loss, from the cursor of the last event
 * that it got. It uses nothing of the node's own code.
 */

/** What a node sends, as far as it matters here. */
interface Frame {
  readonly type: string;
  readonly sub?: string;
  readonly seq?: number;
  readonly height?: number;
  readonly cursor?: string;
  readonly data?: { readonly hash: string };
}

/** One block as an event told it. */
export interface BlockEvent {
  readonly height: number;
  readonly hash: string;
}

const PAUSE_MS = 100;

export class ReturningSubscriber {
  readonly #url: string;
  readonly #events: BlockEvent[] = [];
  #cursor: string | null = null;
  #socket: WebSocket | null = null;
  #connections = 0;
  #isSubscribed = false;
  #stopped = false;

  /** Begins with the events of height 1. */
  constructor(url: string) {
    this.#url = url;
    this.#connect();
  }

  /** All events of all connections, as they came. */
  get events(): readonly BlockEvent[] {
    return this.#events;
  }

  /** Connections on which the node took the subscription. */
  get connections(): number {
    return this.#connections;
  }

  get isSubscribed(): boolean {
    return this.#isSubscribed;
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.close();
  }

  #connect(): void {
    const socket = new WebSocket(this.#url);
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#take(socket, JSON.parse(String(data)) as Frame));
    socket.addEventListener('close', () => {
      this.#isSubscribed = false;
      if (!this.#stopped) setTimeout(() => this.#connect(), PAUSE_MS);
    });
    // A refused connection says so here first; the close that follows is what counts.
    socket.addEventListener('error', () => undefined);
  }

  #take(socket: WebSocket, frame: Frame): void {
    const send = (body: object) => socket.send(JSON.stringify(body));
    if (frame.type === 'hello') {
      const from = this.#cursor === null ? { from_height: 1 } : { cursor: this.#cursor };
      send({ id: 1, type: 'subscribe', topic: 'new_blocks', ...from });
    } else if (frame.type === 'subscribed') {
      this.#connections += 1;
      this.#isSubscribed = true;
    } else if (frame.type === 'event') {
      this.#events.push({ height: frame.height ?? 0, hash: frame.data?.hash ?? '' });
      this.#cursor = frame.cursor ?? null;
      send({ type: 'ack', sub: frame.sub, seq: frame.seq });
    } else if (frame.type === 'error') {
      throw new Error(`the node refuses the subscription: ${JSON.stringify(frame)}`);
    }
  }
}
