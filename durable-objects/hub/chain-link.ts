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

  /** `wanted` says whether anyone is subscribed at the moment. */
  constructor(deps: { chain: () => ChainRpc; shard: number; store: HubStore; wanted: () => boolean }) {
    this.#chain = deps.chain;
    this.#shard = deps.shard;
    this.#store = deps.store;
    this.#wanted = deps.wanted;
  }

  /** Resolves when the chain publishes to this hub and the hub's head is no older than this call. */
  attach(): Promise<Result<null>> {
    return this.#inTurn(async () => {
      const row = this.#store.row;
      if (row === null) return { ok: true, value: null };
      if (row.attached && this.#confirmed) return { ok: true, value: null };
      const nextHeight = row.attached ? row.nextHeight : row.head.height + 1;
      const answer = await this.#chain().attachHub({ shard: this.#shard, next_height: nextHeight });
      if (!answer.ok) return answer;
      this.#confirmed = true;
      const current = this.#store.row ?? row;
      const head = newerHead(current.head, headToWire(answer.value.head));
      this.#store.save({
        ...current,
        head,
        attached: true,
        nextHeight: Math.max(current.nextHeight, nextHeight),
      });
      return { ok: true, value: null };
    });
  }

  /** Ends the publications unless someone has subscribed meanwhile. */
  detach(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#wanted() || this.#store.row?.attached !== true) return;
      this.#confirmed = false;
      const answer = await this.#chain().detachHub({ shard: this.#shard });
      const row = this.#store.row;
      if (answer.ok && row !== null) this.#store.save({ ...row, attached: false });
    });
  }

  /** The chain learns from the answer to a publication that nobody is here. */
  dismissed(): void {
    this.#confirmed = false;
    const row = this.#store.row;
    if (row !== null) this.#store.save({ ...row, attached: false });
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(task, task);
    this.#tail = run.catch(() => {});
    return run;
  }
}
