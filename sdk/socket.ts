/** @module The part of WebSocket that the SDK uses, and one connection as a queue of frames. */
import type { ServerFrame } from '../shared/api/frames.ts';

/** A socket of browsers, Workers, Node, or one that the application brings. */
export interface SocketLike {
  readonly readyState: number;
  send(data: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: 'open' | 'error', listener: () => void): void;
  addEventListener(type: 'message', listener: (event: { data: unknown }) => void): void;
  addEventListener(type: 'close', listener: (event: { code: number; reason: string }) => void): void;
}
export type WebSocketConstructor = new (url: string) => SocketLike;

/** What a connection brings: frames with their size in characters, then one close. */
export type SocketItem =
  | { readonly kind: 'frame'; readonly frame: ServerFrame; readonly size: number }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string };

const OPEN = 1;
/** Close code that stands for a connection that fell silent; never sent. */
export const SILENT = 4999;

/** One connection. The queue is bounded by the credit that the subscription gave. */
export class FrameSocket {
  readonly #socket: SocketLike;
  readonly #queue: SocketItem[] = [];
  #wake: (() => void) | null = null;
  #closed = false;
  #heardMs = Date.now();

  constructor(url: string, socketClass: WebSocketConstructor) {
    this.#socket = new socketClass(url);
    this.#socket.addEventListener('message', ({ data }) => {
      this.#heardMs = Date.now();
      const text = String(data);
      try {
        this.#push({ kind: 'frame', frame: JSON.parse(text) as ServerFrame, size: text.length });
      } catch {
        this.close(SILENT, 'a frame was not JSON');
      }
    });
    this.#socket.addEventListener('close', ({ code, reason }) => this.#end(code, reason));
    // An error is always followed by a close, except in runtimes that skip it when the connection never opened.
    this.#socket.addEventListener('error', () => this.#end(1006, 'the connection failed'));
  }

  /** Milliseconds since anything arrived. */
  get silentMs(): number {
    return Date.now() - this.#heardMs;
  }

  /** Sends a frame or `ping`; does nothing on a connection that is gone, whose close is in the queue already. */
  send(frame: unknown): void {
    if (this.#socket.readyState !== OPEN) return;
    this.#socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** The next frame, or the close. Nothing comes after the close. */
  async next(): Promise<SocketItem> {
    for (;;) {
      const item = this.#queue.shift();
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Ends the connection at once: a dead peer would never finish the handshake. */
  close(code: number, reason: string): void {
    this.#end(code, reason);
    this.#socket.close();
  }

  #end(code: number, reason: string): void {
    if (this.#closed) return;
    this.#push({ kind: 'closed', code, reason });
    this.#closed = true;
  }

  #push(item: SocketItem): void {
    if (this.#closed) return;
    this.#queue.push(item);
    this.#wake?.();
    this.#wake = null;
  }
}
