/** @module Runs replays: reads blocks, sends what the credit allows, cuts over to live in the turn that reaches the head. */
import type { ProblemCode } from '../../shared/api/problems.ts';
import type { BlockSource, HubBlock } from './block-source.ts';
import { SOURCE_RETRY_MS } from './limits.ts';
import type { Pace } from './pace.ts';
import type { SocketStates } from './socket-state.ts';
import { cutOver, deliver, type Now, type Subscription, waitsForRoom, wantsReplay } from './subscription.ts';

export interface ReplayerDeps {
  readonly source: Pick<BlockSource, 'read'>;
  readonly states: SocketStates;
  readonly pace: Pace;
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
  /** Sockets that the hub has no room for, in the order of their coming. */
  #waiting = new Set<WebSocket>();
  #isServing = false;

  constructor(deps: ReplayerDeps) {
    this.#deps = deps;
  }

  /** Starts every replay of a socket that has credit and is not running. Resolves when they pause or end. */
  async run(socket: WebSocket): Promise<void> {
    const waiting = this.#deps.states.read(socket).subscriptions.filter(wantsReplay);
    await Promise.all(waiting.map(({ sub }) => this.#runOne(socket, sub)));
  }

  /** Room has come: sockets that wait for it go on, one after the other, until one still finds none. */
  async roomCame(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (const socket of this.#waiting) {
        this.#waiting.delete(socket);
        await this.run(socket);
        if (!this.#waiting.has(socket)) continue;
        this.#waiting = new Set([socket, ...this.#waiting]);
        return;
      }
    } finally {
      this.#isServing = false;
    }
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
    const { states } = this.#deps;
    const wanted = states.find(socket, sub);
    if (wanted === undefined || !wantsReplay(wanted)) return false;
    if (wanted.next.height > this.#deps.head()) {
      const { subscription, frames } = cutOver(wanted);
      this.#send(socket, subscription, frames);
      return false;
    }
    const blocks = await this.#read(wanted.next.height);
    const subscription = states.find(socket, sub);
    if (subscription === undefined || !wantsReplay(subscription)) return false;
    if (blocks === null) {
      const detail = `height ${subscription.next.height} is no longer kept by this node`;
      this.#deps.end(socket, sub, 'REPLAY_HORIZON', detail);
      return false;
    }
    const { goesOn, bytes } = this.#deliver(socket, subscription, blocks);
    await this.#deps.pace.sent(bytes);
    return goesOn;
  }

  #deliver(
    socket: WebSocket,
    from: Subscription,
    blocks: readonly HubBlock[],
  ): { goesOn: boolean; bytes: number } {
    const now = this.#deps.now();
    let subscription = from;
    const frames: string[] = [];
    for (const block of blocks) {
      if (block.height !== subscription.next.height) break;
      const room = now.room - (subscription.bytes - from.bytes);
      const delivery = deliver(subscription, block, { ...now, room });
      frames.push(...delivery.frames);
      subscription = delivery.subscription;
      if (subscription.pausedMs !== null) break;
    }
    this.#send(socket, subscription, frames);
    if (waitsForRoom(subscription)) this.#waiting.add(socket);
    return { goesOn: subscription.pausedMs === null, bytes: subscription.bytes - from.bytes };
  }

  /** Position and frames change in one turn: an eviction comes before both or after both. */
  #send(socket: WebSocket, subscription: Subscription, frames: readonly string[]): void {
    this.#deps.states.put(socket, subscription);
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
