/** @module Tells the NodeObject how the chain stands, so that heads, health and metrics are read without waking it. */
import type { ChainSnapshot } from '../../shared/api/objects.ts';
import { type Bindings, nodeStub } from '../runtime/bindings.ts';
import type { OutboxTarget } from './outbox.ts';

/** Nobody waits longer than this for the registry; the transaction is final all the same. */
export const SETTLED_WAIT_MAX_MS = 250;

export interface NodeTargetDeps {
  readonly snapshot: () => ChainSnapshot;
  /**
   * The object woke with its alarm set, so a push may have been lost with its former life. Without one the registry is up to
   * date, and a mere read leaves no trace.
   */
  readonly mayBeStale: boolean;
  /** False while the registry has to stay as it is. */
  readonly mayTell: () => boolean;
}

export class NodeTarget implements OutboxTarget {
  readonly name = 'node';
  readonly backoffMaxMs = 30_000;
  readonly #env: Bindings;
  readonly #deps: NodeTargetDeps;
  #changes = 0;
  #pushed = 0;
  #waiting: { readonly changes: number; readonly done: () => void }[] = [];

  constructor(env: Bindings, deps: NodeTargetDeps) {
    this.#env = env;
    this.#deps = deps;
    if (deps.mayBeStale) this.changed();
  }

  /** Something that others may ask the node for has changed. */
  changed(): void {
    this.#changes += 1;
  }

  pending(): boolean {
    return this.#deps.mayTell() && this.#isBehind;
  }

  get #isBehind(): boolean {
    return this.#pushed < this.#changes;
  }

  async deliver(): Promise<void> {
    const changes = this.#changes;
    try {
      await nodeStub(this.#env).pushSnapshot(this.#deps.snapshot());
      this.#pushed = changes;
    } finally {
      this.#release(changes);
    }
  }

  /** Resolves once the registry has heard of the present state, or could not be told, or after the bound. */
  settled(): Promise<void> {
    if (!this.#isBehind) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, SETTLED_WAIT_MAX_MS);
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      this.#waiting.push({ changes: this.#changes, done });
    });
  }

  /** Answers who waits for a state up to `changes`, which was pushed or could not be. */
  #release(changes: number): void {
    const waiting = this.#waiting;
    this.#waiting = waiting.filter((waiter) => waiter.changes > changes);
    for (const waiter of waiting) if (waiter.changes <= changes) waiter.done();
  }
}
