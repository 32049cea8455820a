/** @module Hands new blocks to every subscription of every socket, in one turn. */
import { CLOSE_CODES } from '../../shared/api/frames.ts';
import { endSocket, readState, writeState } from './socket-state.ts';
import {
  type BlockEvents,
  creditBytes,
  type Now,
  onBlocks,
  type Subscription,
  wantsReplay,
} from './subscription.ts';

/** What a publication found. */
export interface Published {
  readonly subscribers: number;
  /** Sockets with a subscription that has to read blocks. */
  readonly replays: readonly WebSocket[];
}

export class FanOut {
  readonly #sockets: () => readonly WebSocket[];
  /** Subscriptions of all sockets; null until counted. */
  #count: number | null = null;

  constructor(sockets: () => readonly WebSocket[]) {
    this.#sockets = sockets;
  }

  /** Subscriptions of all open sockets. */
  count(): number {
    this.#count ??= this.#sockets().reduce((sum, socket) => sum + readState(socket).subscriptions.length, 0);
    return this.#count;
  }

  /** One subscription more. */
  added(): void {
    if (this.#count !== null) this.#count += 1;
  }

  /** Sockets or subscriptions have gone: count when asked next. */
  recount(): void {
    this.#count = null;
  }

  /** Time and share of credit for deliveries made now. */
  now(): Now {
    return { ms: Date.now(), creditBytes: creditBytes(this.count()) };
  }

  /** Sends what each subscription wants of these blocks; closes sockets whose reader is too slow. */
  publish(blocks: readonly BlockEvents[], headHeight: number): Published {
    const now = this.now();
    const replays: WebSocket[] = [];
    let subscribers = 0;
    for (const socket of this.#sockets()) {
      const subscriptions = publishTo(socket, blocks, headHeight, now);
      subscribers += subscriptions.length;
      if (subscriptions.some(wantsReplay)) replays.push(socket);
    }
    this.#count = subscribers;
    return { subscribers, replays };
  }
}

/** State first, then frames, then nothing that can fail: positions and what was sent never disagree. */
function publishTo(
  socket: WebSocket,
  blocks: readonly BlockEvents[],
  headHeight: number,
  now: Now,
): readonly Subscription[] {
  const state = readState(socket);
  if (state.subscriptions.length === 0) return [];
  const frames: string[] = [];
  const subscriptions: Subscription[] = [];
  for (const before of state.subscriptions) {
    const outcome = onBlocks(before, blocks, headHeight, now);
    if (outcome.kind === 'lagged') {
      for (const frame of frames) socket.send(frame);
      socket.send(JSON.stringify(outcome.frame));
      endSocket(socket, CLOSE_CODES.lagged, 'lagged');
      return [];
    }
    subscriptions.push(outcome.delivery.subscription);
    frames.push(...outcome.delivery.frames);
  }
  writeState(socket, { ...state, subscriptions });
  for (const frame of frames) socket.send(frame);
  return subscriptions;
}
