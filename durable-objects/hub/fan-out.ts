/** @module Hands new blocks to every subscription of every socket, burst by burst. */

import type { VolatileEvent } from '../../shared/api/consensus-views.ts';
import { CLOSE_CODES, type Topic } from '../../shared/api/frames.ts';
import type { Pace } from './pace.ts';
import type { SocketState, SocketStates } from './socket-state.ts';
import {
  type BlockEvents,
  type Now,
  onBlocks,
  onVolatile,
  type Subscription,
  type VolatileData,
  wantsReplay,
} from './subscription.ts';

/** The one topic with events between blocks. */
const VOLATILE_TOPIC: Topic = 'consensus_events';

export interface FanOutDeps {
  readonly states: SocketStates;
  readonly pace: Pace;
  readonly now: () => Now;
}

export class FanOut {
  readonly #states: SocketStates;
  readonly #pace: Pace;
  readonly #now: () => Now;

  constructor({ states, pace, now }: FanOutDeps) {
    this.#states = states;
    this.#pace = pace;
    this.#now = now;
  }

  /**
   * Sends what each subscription wants of these blocks; closes sockets whose reader is too slow. Other events come
   * between two bursts, and each socket's position says what it still wants. Returns the sockets that have to read blocks.
   */
  async publish(blocks: readonly BlockEvents[], headHeight: number): Promise<readonly WebSocket[]> {
    this.#states.recount();
    const replays: WebSocket[] = [];
    for (const socket of this.#states.all()) {
      await this.#pace.sent(this.#publishTo(socket, blocks, headHeight));
      if (this.#states.read(socket).subscriptions.some(wantsReplay)) replays.push(socket);
    }
    return replays;
  }

  /** Sends what happens between blocks to who wants it and has credit. Returns how many subscriptions want it. */
  announce(events: readonly VolatileEvent[]): number {
    const data = events.map((event) => ({ height: event.height, json: JSON.stringify(event) }));
    return this.#states.all().reduce((sum, socket) => sum + this.#announceTo(socket, data), 0);
  }

  #announceTo(socket: WebSocket, events: readonly VolatileData[]): number {
    const state = this.#states.read(socket);
    const wants = state.subscriptions.filter(({ topic }) => topic === VOLATILE_TOPIC).length;
    if (wants === 0 || events.length === 0) return wants;
    const frames: string[] = [];
    let now = this.#now();
    const done = state.subscriptions.map((before) => {
      if (before.topic !== VOLATILE_TOPIC) return before;
      const delivery = onVolatile(before, events, now);
      frames.push(...delivery.frames);
      now = less(now, before, delivery.subscription);
      return delivery.subscription;
    });
    this.#send(socket, state, done, frames);
    return wants;
  }

  #publishTo(socket: WebSocket, blocks: readonly BlockEvents[], headHeight: number): number {
    const state = this.#states.read(socket);
    const frames: string[] = [];
    const done: Subscription[] = [];
    let now = this.#now();
    for (const before of state.subscriptions) {
      const outcome = onBlocks(before, blocks, headHeight, now);
      if (outcome.kind === 'lagged') {
        frames.push(JSON.stringify(outcome.frame));
        const sent = this.#send(socket, state, done, frames);
        this.#states.end(socket, CLOSE_CODES.lagged, 'lagged');
        return sent;
      }
      const { subscription } = outcome.delivery;
      done.push(subscription);
      frames.push(...outcome.delivery.frames);
      now = less(now, before, subscription);
    }
    return this.#send(socket, state, done, frames);
  }

  /**
   * State first, then frames, then nothing that can fail: positions and what was sent never disagree. Events between
   * blocks, which may be lost, are lost by an eviction in between and never counted twice. Returns bytes sent.
   */
  #send(
    socket: WebSocket,
    state: SocketState,
    done: readonly Subscription[],
    frames: readonly string[],
  ): number {
    if (done.length === 0 && frames.length === 0) return 0;
    const subscriptions = state.subscriptions.map((before, at) => done[at] ?? before);
    this.#states.write(socket, { ...state, subscriptions });
    for (const frame of frames) socket.send(frame);
    return frames.reduce((sum, frame) => sum + frame.length, 0);
  }
}

/** The room that is left after a delivery to a neighbour on the same socket. */
function less(now: Now, before: Subscription, after: Subscription): Now {
  return { ...now, room: now.room - (after.bytes - before.bytes) };
}
