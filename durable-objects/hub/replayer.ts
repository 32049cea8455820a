/** @module Runs replays: reads blocks, sends what the credit allows, cuts over to live in the turn that reaches the head. */
import type { ProblemCode } from '../../shared/api/problems.ts';
import type { BlockSource, HubBlock } from './block-source.ts';
import { SOURCE_RETRY_MS } from './limits.ts';
import { findSubscription, putSubscription, readState } from './socket-state.ts';
import { cutOver, deliver, type Now, type Subscription, wantsReplay } from './subscription.ts';

export interface ReplayerDeps {
  readonly source: BlockSource;
  /** Newest height that the hub knows. */
  readonly head: () => number;
  readonly now: () => Now;
  /** Ends a subscription with a problem. */
  readonly end: (socket: WebSocket, sub: string, code: ProblemCode, detail: string) => void;
  /** Blocks cannot be read at the moment: the client has to come again. */
  readonly giveUp: (socket: WebSocket, error: unknown) => void;
}

export class Replayer {
  readonly #deps: ReplayerDeps;
  readonly #running = new WeakMap<WebSocket, Set<string>>();

  constructor(deps: ReplayerDeps) {
    this.#deps = deps;
  }

  /** Starts every replay of a socket that has credit and is not running. Resolves when they pause or end. */
  async run(socket: WebSocket): Promise<void> {
    const waiting = readState(socket).subscriptions.filter(wantsReplay);
    await Promise.all(waiting.map(({ sub }) => this.#runOne(socket, sub)));
  }

  async #runOne(socket: WebSocket, sub: string): Promise<void> {
    const running = this.#running.get(socket) ?? new Set<string>();
    this.#running.set(socket, running);
    if (running.has(sub)) return;
    running.add(sub);
    try {
      while (await this.#step(socket, sub));
    } catch (error) {
      this.#deps.giveUp(socket, error);
    } finally {
      running.delete(sub);
    }
  }

  /** One read and what it allows to send. True while there is more to do now. */
  async #step(socket: WebSocket, sub: string): Promise<boolean> {
    const wanted = findSubscription(socket, sub);
    if (wanted === undefined || !wantsReplay(wanted)) return false;
    if (wanted.next.height > this.#deps.head()) {
      const { subscription, frames } = cutOver(wanted);
      this.#send(socket, subscription, frames);
      return false;
    }
    const blocks = await this.#read(wanted.next.height);
    const subscription = findSubscription(socket, sub);
    if (subscription === undefined || !wantsReplay(subscription)) return false;
    if (blocks === null) {
      const detail = `height ${subscription.next.height} is no longer kept by this node`;
      this.#deps.end(socket, sub, 'REPLAY_HORIZON', detail);
      return false;
    }
    this.#deliver(socket, subscription, blocks);
    return true;
  }

  #deliver(socket: WebSocket, from: Subscription, blocks: readonly HubBlock[]): void {
    const now = this.#deps.now();
    let subscription = from;
    const frames: string[] = [];
    for (const block of blocks) {
      if (block.height !== subscription.next.height) break;
      const delivery = deliver(subscription, block, now);
      frames.push(...delivery.frames);
      subscription = delivery.subscription;
      if (subscription.pausedMs !== null) break;
    }
    this.#send(socket, subscription, frames);
  }

  /** Position and frames change in one turn: an eviction comes before both or after both. */
  #send(socket: WebSocket, subscription: Subscription, frames: readonly string[]): void {
    putSubscription(socket, subscription);
    for (const frame of frames) socket.send(frame);
  }

  async #read(from: number): Promise<readonly HubBlock[] | null> {
    for (const pauseMs of SOURCE_RETRY_MS) {
      try {
        return await this.#deps.source.read(from, this.#deps.head());
      } catch {
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
    return this.#deps.source.read(from, this.#deps.head());
  }
}
