/**
 * @module Waking those who follow through this node: when a chain that was idle goes on, their links are closed, and each
 * is told of the head by a request. Two at a time, since the requests of an object are few.
 */
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import type { KnownFollowers } from './known-followers.ts';
import { WAKING_MAX } from './limits.ts';

export interface WakesDeps {
  readonly followers: KnownFollowers;
  hasUrl(peer: ConsensusKey): boolean;
  /** Nobody knows where one of them is. */
  onUnknown(): void;
  /** Resolves to whether the peer took the frame. Never rejects. */
  post(peer: ConsensusKey, frame: PeerFrame): Promise<boolean>;
  /** The head to tell of. */
  tip(): PeerFrame;
  waitUntil(work: Promise<unknown>): void;
}

export class Wakes {
  readonly #deps: WakesDeps;
  #waiting: ConsensusKey[] = [];
  #underWay = 0;

  constructor(deps: WakesDeps) {
    this.#deps = deps;
  }

  /** The head has moved: wakes the followers for whom `isAware` does not hold and whose turn has come. */
  wake(isAware: (peer: ConsensusKey) => boolean, nowMs: number): void {
    const due = this.#deps.followers.due(isAware, nowMs);
    if (due.length === 0) return;
    this.#waiting = due;
    if (due.some((peer) => !this.#deps.hasUrl(peer))) this.#deps.onUnknown();
    this.goOn();
  }

  /** Addresses have become known, or a place is free. */
  goOn(): void {
    while (this.#underWay < WAKING_MAX) {
      const peer = this.#waiting.find((one) => this.#deps.hasUrl(one));
      if (peer === undefined) return;
      this.#waiting = this.#waiting.filter((one) => one !== peer);
      this.#underWay += 1;
      this.#deps.waitUntil(this.#post(peer));
    }
  }

  async #post(peer: ConsensusKey): Promise<void> {
    const isTaken = await this.#deps.post(peer, this.#deps.tip());
    this.#underWay -= 1;
    this.#deps.followers.woken(peer, isTaken);
    this.goOn();
  }
}
