/** @module The hub's word to its chain: send me blocks, send me none. One at a time, so that the last word counts. */
import type { HeadWire } from '../../shared/api/frames.ts';
import type { ChainHead, ChainRpc, Result } from '../../shared/api/objects.ts';
import { type HubStore, newerHead } from './hub-store.ts';

/** The head of a chain as frames show it. */
export function headToWire(head: ChainHead): HeadWire {
  return { height: head.height, hash: head.hash, timestamp: new Date(head.time_ms).toISOString() };
}

export class ChainLink {
  readonly #chain: () => ChainRpc;
  readonly #shard: number;
  readonly #store: HubStore;
  readonly #wanted: () => boolean;
  #tail: Promise<unknown> = Promise.resolve();
  /** The chain said so in this life of the object; the row alone may be older than a restore of the chain. */
  #confirmed = false;
  /** The chain knows that events between blocks are wanted. */
  #volatile = false;
  /** Subscriptions to events between blocks that are being made. */
  #arriving = 0;

  /** `wanted` says whether anyone is subscribed at the moment. */
  constructor(deps: { chain: () => ChainRpc; shard: number; store: HubStore; wanted: () => boolean }) {
    this.#chain = deps.chain;
    this.#shard = deps.shard;
    this.#store = deps.store;
    this.#wanted = deps.wanted;
  }

  /**
   * Resolves when the chain publishes to this hub and the hub's head is no older than this call. `volatile`: events
   * between blocks are wanted too.
   */
  async attach(volatile: boolean): Promise<Result<null>> {
    if (volatile) this.#arriving += 1;
    try {
      return await this.#inTurn(() => this.#attach(volatile));
    } finally {
      if (volatile) this.#arriving -= 1;
    }
  }

  /** Subscriptions that want events between blocks, of which `present` are there. At none the chain stops sending. */
  wanting(present: number): number {
    const subscribers = present + this.#arriving;
    if (subscribers === 0) this.#volatile = false;
    return subscribers;
  }

  async #attach(volatile: boolean): Promise<Result<null>> {
    const row = this.#store.row;
    if (row === null) return { ok: true, value: null };
    const isTold = this.#volatile || !volatile;
    if (row.attached && this.#confirmed && isTold) return { ok: true, value: null };
    const nextHeight = row.attached ? row.nextHeight : row.head.height + 1;
    const hub = { shard: this.#shard, next_height: nextHeight, volatile };
    const answer = await this.#chain().attachHub(hub);
    if (!answer.ok) return answer;
    this.#confirmed = true;
    if (volatile) this.#volatile = true;
    const current = this.#store.row ?? row;
    const head = newerHead(current.head, headToWire(answer.value.head));
    this.#store.save({
      ...current,
      head,
      attached: true,
      nextHeight: Math.max(current.nextHeight, nextHeight),
    });
    return { ok: true, value: null };
  }

  /** Ends the publications unless someone has subscribed meanwhile. */
  detach(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#wanted() || this.#store.row?.attached !== true) return;
      this.#forgotten();
      const answer = await this.#chain().detachHub({ shard: this.#shard });
      const row = this.#store.row;
      if (answer.ok && row !== null) this.#store.save({ ...row, attached: false });
    });
  }

  /** The chain learns from the answer to a publication that nobody is here. */
  dismissed(): void {
    this.#forgotten();
    const row = this.#store.row;
    if (row !== null) this.#store.save({ ...row, attached: false });
  }

  #forgotten(): void {
    this.#confirmed = false;
    this.#volatile = false;
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(task, task);
    this.#tail = run.catch(() => {});
    return run;
  }
}
