/** @module What a hub keeps with each socket. It lives in the attachment, so it survives the eviction of the object. */
import type { Subscription } from './subscription.ts';

/** State of one socket. Far below the 16 KiB of an attachment with the most subscriptions and longest filters. */
export interface SocketState {
  readonly subscriptions: readonly Subscription[];
  /** Number of the next subscription's id. */
  readonly nextSub: number;
  /** Frames in a row that could not be understood. */
  readonly badFrames: number;
  /** Bytes sent to subscriptions that have ended, until an event that was sent after them is acknowledged. */
  readonly owed: number;
}

/** Of a socket that has just been accepted. */
export const NEW_SOCKET: SocketState = { subscriptions: [], nextSub: 1, badFrames: 0, owed: 0 };

/** What all sockets of a hub have together. */
export interface Totals {
  readonly subscriptions: number;
  /** Bytes under way: sent and not acknowledged. */
  readonly bytes: number;
}

/**
 * Reads and writes the states of all sockets and knows their sums. A socket that is closing still counts with the bytes
 * that it owes: they are in memory until the other side takes them or is gone.
 */
export class SocketStates {
  readonly #sockets: () => readonly WebSocket[];
  /** The attachments as values: reading one back costs as much as sending a frame. */
  readonly #known = new WeakMap<WebSocket, SocketState>();
  #totals: Totals | null = null;

  constructor(sockets: () => readonly WebSocket[]) {
    this.#sockets = sockets;
  }

  /** All sockets that are not gone. */
  all(): readonly WebSocket[] {
    return this.#sockets();
  }

  /** Sums over all sockets. Counted once in a life of the object, kept by each write after that. */
  get totals(): Totals {
    this.#totals ??= this.all().reduce((sum, socket) => plus(sum, this.#load(socket)), NOTHING);
    return this.#totals;
  }

  /** Counts again: what is wrong for whatever reason is right from here on. */
  recount(): void {
    this.#totals = null;
  }

  /** The state; a socket that is closing has no subscriptions any more. */
  read(socket: WebSocket): SocketState {
    return socket.readyState === WebSocket.OPEN ? this.#load(socket) : NEW_SOCKET;
  }

  /** Keeps the state for the next event, in this life of the object or a later one. */
  write(socket: WebSocket, state: SocketState): void {
    if (this.#totals !== null) this.#totals = plus(minus(this.#totals, this.#load(socket)), state);
    this.#known.set(socket, state);
    socket.serializeAttachment(state);
  }

  /** One subscription of a socket, or undefined. */
  find(socket: WebSocket, sub: string): Subscription | undefined {
    return this.read(socket).subscriptions.find((subscription) => subscription.sub === sub);
  }

  /** Replaces one subscription. One that has acknowledged late enough has also read what the socket owes. */
  put(socket: WebSocket, changed: Subscription): void {
    const state = this.read(socket);
    const subscriptions = state.subscriptions.map((old) => (old.sub === changed.sub ? changed : old));
    const owed = changed.acked > changed.settlesAbove ? 0 : state.owed;
    this.write(socket, { ...state, owed, subscriptions });
  }

  /** Removes one subscription. What it has under way is owed from now on. */
  drop(socket: WebSocket, sub: string): void {
    const state = this.read(socket);
    const ended = state.subscriptions.find((old) => old.sub === sub);
    if (ended === undefined) return;
    const others = state.subscriptions.filter((old) => old !== ended);
    const subscriptions = others.map((other) => ({ ...other, settlesAbove: other.seq }));
    this.write(socket, { ...state, owed: state.owed + ended.bytes, subscriptions });
  }

  /** Ends a socket: nothing is sent to it after this, in whatever state the close handshake is. */
  end(socket: WebSocket, code: number, reason: string): void {
    if (socket.readyState !== WebSocket.OPEN) return;
    this.write(socket, { ...NEW_SOCKET, owed: plus(NOTHING, this.#load(socket)).bytes });
    socket.close(code, reason);
  }

  /** The other side is gone, and all that was under way with it. */
  gone(socket: WebSocket): void {
    this.write(socket, NEW_SOCKET);
  }

  #load(socket: WebSocket): SocketState {
    const known = this.#known.get(socket);
    if (known !== undefined) return known;
    const state = (socket.deserializeAttachment() as SocketState | null) ?? NEW_SOCKET;
    this.#known.set(socket, state);
    return state;
  }
}

const NOTHING: Totals = { subscriptions: 0, bytes: 0 };

function plus(sum: Totals, state: SocketState): Totals {
  const bytes = state.subscriptions.reduce((total, subscription) => total + subscription.bytes, state.owed);
  return { subscriptions: sum.subscriptions + state.subscriptions.length, bytes: sum.bytes + bytes };
}

function minus(sum: Totals, state: SocketState): Totals {
  const part = plus(NOTHING, state);
  return { subscriptions: sum.subscriptions - part.subscriptions, bytes: sum.bytes - part.bytes };
}
