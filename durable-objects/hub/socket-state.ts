/** @module What a hub keeps with each socket. It lives in the attachment, so it survives the eviction of the object. */
import type { Subscription } from './subscription.ts';

/** State of one socket. Far below the 16 KiB of an attachment with the most subscriptions and longest filters. */
export interface SocketState {
  readonly subscriptions: readonly Subscription[];
  /** Number of the next subscription's id. */
  readonly nextSub: number;
  /** Frames in a row that could not be understood. */
  readonly badFrames: number;
}

/** Of a socket that has just been accepted. */
export const NEW_SOCKET: SocketState = { subscriptions: [], nextSub: 1, badFrames: 0 };

/** Reads the state; a socket that is closing has no subscriptions any more. */
export function readState(socket: WebSocket): SocketState {
  if (socket.readyState !== WebSocket.OPEN) return NEW_SOCKET;
  return (socket.deserializeAttachment() as SocketState | null) ?? NEW_SOCKET;
}

/** Keeps the state for the next event, in this life of the object or a later one. */
export function writeState(socket: WebSocket, state: SocketState): void {
  socket.serializeAttachment(state);
}

/** One subscription of a socket, or undefined. */
export function findSubscription(socket: WebSocket, sub: string): Subscription | undefined {
  return readState(socket).subscriptions.find((subscription) => subscription.sub === sub);
}

/** Replaces one subscription. */
export function putSubscription(socket: WebSocket, changed: Subscription): void {
  const state = readState(socket);
  const subscriptions = state.subscriptions.map((old) => (old.sub === changed.sub ? changed : old));
  writeState(socket, { ...state, subscriptions });
}

/** Removes one subscription. */
export function dropSubscription(socket: WebSocket, sub: string): void {
  const state = readState(socket);
  writeState(socket, { ...state, subscriptions: state.subscriptions.filter((old) => old.sub !== sub) });
}

/** Ends a socket: nothing is sent to it after this, in whatever state the close handshake is. */
export function endSocket(socket: WebSocket, code: number, reason: string): void {
  if (socket.readyState !== WebSocket.OPEN) return;
  writeState(socket, NEW_SOCKET);
  socket.close(code, reason);
}
