/** @module Hands new blocks to every subscription of every socket, in one turn. */

import type { VolatileEvent } from '../../shared/api/consensus-views.ts';
import { CLOSE_CODES, type Topic } from '../../shared/api/frames.ts';
import { endSocket, readState, writeState } from './socket-state.ts';
import {
  type BlockEvents,
  creditBytes,
  type Now,
  onBlocks,
  onVolatile,
  type Subscription,
  type VolatileData,
  wantsReplay,
} from './subscription.ts';

/** The one topic with events between blocks. */
const VOLATILE_TOPIC: Topic = 'consensus_events';

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

  /** Sends what happens between blocks to who wants it and has credit. Returns how many subscriptions want it. */
  announce(events: readonly VolatileEvent[]): number {
    const now = this.now();
    const data = events.map((event) => ({ height: event.height, json: JSON.stringify(event) }));
    return this.#sockets().reduce((sum, socket) => sum + announceTo(socket, data, now), 0);
  }
}

/** State first, here too: an eviction in between loses events that may be lost, and never counts one twice. */
function announceTo(socket: WebSocket, events: readonly VolatileData[], now: Now): number {
  const state = readState(socket);
  const wants = state.subscriptions.filter(({ topic }) => topic === VOLATILE_TOPIC).length;
  if (wants === 0 || events.length === 0) return wants;
  const frames: string[] = [];
  const subscriptions = state.subscriptions.map((before) => {
    if (before.topic !== VOLATILE_TOPIC) return before;
    const delivery = onVolatile(before, events, now);
    frames.push(...delivery.frames);
    return delivery.subscription;
  });
  writeState(socket, { ...state, subscriptions });
  for (const frame of frames) socket.send(frame);
  return wants;
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
