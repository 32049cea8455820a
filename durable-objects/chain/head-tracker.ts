/** @module The head of the chain in memory, always as the rows have it: its block, its certificate, its counters. */
import type { ChainHead } from '../../shared/api/objects.ts';
import type { ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { FinalBlock } from '../../shared/protocol/execution/verify-range.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { decodeCertificate } from '../../shared/protocol/votes/encode.ts';
import { type BlockFigures, type ChainCounters, withBlock } from './chain-counters.ts';
import type { ChainStore } from './store.ts';

export class HeadTracker {
  readonly #store: ChainStore;
  #head: ChainHead;
  #counters: ChainCounters;
  #parent: ParentBlock;

  constructor(store: ChainStore) {
    this.#store = store;
    ({ head: this.#head, counters: this.#counters } = store.head());
    this.#parent = this.#loadParent();
  }

  get head(): ChainHead {
    return this.#head;
  }

  get counters(): ChainCounters {
    return this.#counters;
  }

  /** The head as the block to build on. */
  get parent(): ParentBlock {
    return this.#parent;
  }

  /**
   * Moves the head to the last of these blocks, whose state is written already; `figures` has what each of them adds.
   * Inside the transaction that stores the blocks.
   */
  advance(last: FinalBlock, figures: readonly BlockFigures[]): void {
    const { executed, certificate } = last;
    const { header, transactions } = executed.block;
    this.#head = {
      height: header.height,
      hash: executed.hash,
      time_ms: header.timeMs,
      state_root: header.stateRoot,
      tx_count: transactions.length,
      proposer: header.proposer,
    };
    this.#counters = figures.reduce(withBlock, this.#counters);
    this.#parent = { height: header.height, hash: executed.hash, timeMs: header.timeMs, commit: certificate };
    this.#store.writeHead(this.#head, this.#counters);
  }

  /** Counts at once what no block may follow. Inside a transaction. */
  count(name: 'doubleSignsPrevented' | 'syncFailures'): void {
    this.#counters = { ...this.#counters, [name]: this.#counters[name] + 1 };
    this.#store.writeHead(this.#head, this.#counters);
  }

  #loadParent(): ParentBlock {
    const { height, hash, time_ms } = this.#head;
    const block = this.#store.block(height);
    const commit = block === null ? null : decodeCertificate(block.certificate);
    assert(height === 0 || commit !== null, 'the block at the head is stored with its certificate');
    return { height, hash: parseHash(hash), timeMs: time_ms, commit };
  }
}
