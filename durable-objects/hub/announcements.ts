/**
 * @module Events between blocks on their way to subscribers. A chain tells of the next height before its hub has the block
 * below; such events wait for that block.
 */
import type { VolatileEvent } from '../../shared/api/consensus-views.ts';
import { ANNOUNCEMENTS_HELD_MAX } from './limits.ts';

export class Announcements {
  /** Sends to all and says how many subscriptions want it. */
  readonly #send: (events: readonly VolatileEvent[]) => number;
  #held: readonly VolatileEvent[] = [];

  constructor(send: (events: readonly VolatileEvent[]) => number) {
    this.#send = send;
  }

  /** Sends what is due and keeps the rest. Returns how many subscriptions want it. */
  take(events: readonly VolatileEvent[], headHeight: number): number {
    const all = [...this.#held, ...events];
    const due = all.filter(({ height }) => height <= headHeight + 1);
    this.#held = all.filter(({ height }) => height > headHeight + 1).slice(-ANNOUNCEMENTS_HELD_MAX);
    return this.#send(due);
  }

  /** The head has moved: sends what waited for it. */
  release(headHeight: number): void {
    if (this.#held.length > 0) this.take([], headHeight);
  }
}
