/** @module Sends each block to a hub that has subscribers. A hub without any is forgotten until it attaches again. */
import type { ChainHead } from '../../shared/api/objects.ts';
import { type Bindings, hubStub } from '../runtime/bindings.ts';
import type { OutboxTarget } from './outbox.ts';
import type { ChainStore } from './store.ts';

/** Blocks of one publication; the byte bound of a range keeps it below the RPC limit. */
const PUBLISH_BLOCKS_MAX = 64;

export function hubTargetName(shard: number): string {
  return `hub/${shard}`;
}

export class HubTarget implements OutboxTarget {
  readonly name: string;
  readonly backoffMaxMs = 10_000;
  readonly shard: number;
  readonly #chainId: string;
  readonly #env: Bindings;
  readonly #store: ChainStore;
  readonly #head: () => ChainHead;
  readonly #onEmpty: (target: HubTarget) => void;
  #nextHeight: number;

  constructor(
    hub: { shard: number; nextHeight: number },
    deps: {
      chainId: string;
      env: Bindings;
      store: ChainStore;
      head: () => ChainHead;
      onEmpty: (target: HubTarget) => void;
    },
  ) {
    this.name = hubTargetName(hub.shard);
    this.shard = hub.shard;
    this.#nextHeight = hub.nextHeight;
    this.#chainId = deps.chainId;
    this.#env = deps.env;
    this.#store = deps.store;
    this.#head = deps.head;
    this.#onEmpty = deps.onEmpty;
  }

  pending(): boolean {
    return this.#nextHeight <= this.#head().height;
  }

  async deliver(): Promise<void> {
    const blocks = this.#store.blocks(this.#nextHeight, PUBLISH_BLOCKS_MAX);
    const answer = await hubStub(this.#env, this.#chainId, this.shard).publish({
      blocks,
      head: this.#head(),
    });
    this.#nextHeight = answer.next_height;
    if (answer.subscribers === 0) {
      this.#onEmpty(this);
      return;
    }
    this.#store.setTarget(this.name, this.#nextHeight);
  }
}
