/** @module The pending transactions of one sender, by nonce. */
import { assert } from '../primitives/assert.ts';
import type { Address } from '../primitives/brand.ts';
import { goesBefore, type PoolEntry } from './pool-entry.ts';

/** Ascending by nonce, at most one entry a nonce. The first `ready` entries follow the account without a gap. */
export class SenderQueue {
  readonly sender: Address;
  /** Grows with every change: tells whether something derived from the queue is stale. */
  version = 0;
  #nonce: number;
  #entries: PoolEntry[] = [];
  #ready = 0;
  #cost = 0n;
  #weakest: PoolEntry | null = null;

  constructor(sender: Address, nonce: number) {
    this.sender = sender;
    this.#nonce = nonce;
  }

  /** Next nonce that a block expects. */
  get nonce(): number {
    return this.#nonce;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Native units that all entries together may take. */
  get cost(): bigint {
    return this.#cost;
  }

  /** How many entries can be included one after the other. */
  get ready(): number {
    return this.#ready;
  }

  /** First nonce that is missing. */
  get pendingNonce(): number {
    return this.#nonce + this.#ready;
  }

  /** Ascending by nonce. Valid until the next change. */
  get entries(): readonly PoolEntry[] {
    return this.#entries;
  }

  /** The entry with the highest nonce. */
  get tail(): PoolEntry | undefined {
    return this.#entries[this.#entries.length - 1];
  }

  /** The entry that goes last by fee and arrival: nothing behind it is worth more than it. */
  get weakest(): PoolEntry | undefined {
    if (this.#weakest === null) {
      for (const entry of this.#entries) {
        if (this.#weakest === null || goesBefore(this.#weakest, entry)) this.#weakest = entry;
      }
    }
    return this.#weakest ?? undefined;
  }

  /** The entry with a nonce. */
  at(nonce: number): PoolEntry | undefined {
    const entry = this.#entries[this.#indexOf(nonce)];
    return entry?.signed.transaction.nonce === nonce ? entry : undefined;
  }

  insert(entry: PoolEntry): void {
    const { nonce } = entry.signed.transaction;
    const index = this.#indexOf(nonce);
    assert(nonce >= this.#nonce, 'a queued nonce is not used yet');
    assert(this.#entries[index]?.signed.transaction.nonce !== nonce, 'a nonce is queued once');
    if (index === this.#entries.length) this.#entries.push(entry);
    else this.#entries.splice(index, 0, entry);
    this.#cost += entry.cost;
    if (this.#weakest !== null && goesBefore(this.#weakest, entry)) this.#weakest = entry;
    this.#changed(index);
  }

  remove(entry: PoolEntry): void {
    const index = this.#indexOf(entry.signed.transaction.nonce);
    assert(this.#entries[index] === entry, 'what is removed is queued');
    if (index === this.#entries.length - 1) this.#entries.pop();
    else this.#entries.splice(index, 1);
    this.#cost -= entry.cost;
    if (this.#weakest === entry) this.#weakest = null;
    this.#changed(index);
  }

  /** Moves to the account's nonce after a block and gives back the entries below it. */
  settle(nonce: number): PoolEntry[] {
    assert(nonce >= this.#nonce, 'a nonce never goes back');
    const settled = this.#entries.splice(0, this.#indexOf(nonce));
    for (const entry of settled) this.#cost -= entry.cost;
    this.#nonce = nonce;
    this.#weakest = null;
    this.#changed(0);
    return settled;
  }

  /** Position of the first entry whose nonce is not below. */
  #indexOf(nonce: number): number {
    const last = this.tail;
    if (last === undefined || last.signed.transaction.nonce < nonce) return this.#entries.length;
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as PoolEntry).signed.transaction.nonce < nonce) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #changed(from: number): void {
    this.version += 1;
    if (from > this.#ready) return;
    this.#ready = from;
    while (this.#entries[this.#ready]?.signed.transaction.nonce === this.#nonce + this.#ready)
      this.#ready += 1;
  }
}
