/**
 * @module Transactions that others have announced and this node lacks: whom to ask, and when. A pushed copy usually
 * comes first, and then nobody is asked.
 */
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { ANNOUNCERS_MAX, WANT_DELAY_MS, WANT_TIMEOUT_MS, WANTED_MAX } from './limits.ts';

interface Wanted {
  /** Those who have it and were not asked yet, in the order in which they said so. */
  readonly announcers: ConsensusKey[];
  dueMs: number;
}

export class WantedTransactions {
  readonly #wanted = new Map<HashHex, Wanted>();
  /** Nothing is due before this. */
  #lowMs = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#wanted.size;
  }

  /** A peer has it. False when there is no room to wait for one more. */
  announce(hash: HashHex, peer: ConsensusKey, nowMs: number): boolean {
    const known = this.#wanted.get(hash);
    if (known !== undefined) {
      const { announcers } = known;
      if (announcers.length < ANNOUNCERS_MAX && !announcers.includes(peer)) announcers.push(peer);
      return true;
    }
    if (this.#wanted.size >= WANTED_MAX) return false;
    this.#wanted.set(hash, { announcers: [peer], dueMs: nowMs + WANT_DELAY_MS });
    this.#lowMs = Math.min(this.#lowMs, nowMs + WANT_DELAY_MS);
    return true;
  }

  /** It has come, or will not be needed. */
  settle(hash: HashHex): void {
    this.#wanted.delete(hash);
  }

  /** What to ask of whom now. What nobody is left to be asked for is given up. */
  take(nowMs: number): ReadonlyMap<ConsensusKey, readonly HashHex[]> {
    const asks = new Map<ConsensusKey, HashHex[]>();
    if (nowMs < this.#lowMs) return asks;
    this.#lowMs = Number.POSITIVE_INFINITY;
    for (const [hash, wanted] of this.#wanted) {
      const peer = wanted.dueMs > nowMs ? null : wanted.announcers.shift();
      if (peer === undefined) {
        this.#wanted.delete(hash);
        continue;
      }
      if (peer !== null) {
        wanted.dueMs = nowMs + WANT_TIMEOUT_MS;
        const hashes = asks.get(peer) ?? [];
        hashes.push(hash);
        asks.set(peer, hashes);
      }
      this.#lowMs = Math.min(this.#lowMs, wanted.dueMs);
    }
    return asks;
  }

  /** When to call `take` again; null when nothing is wanted. */
  nextDueMs(): number | null {
    return this.#wanted.size === 0 ? null : this.#lowMs;
  }
}
