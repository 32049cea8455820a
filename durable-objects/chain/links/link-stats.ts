/** @module Counters of the links since the object woke. They are for people and metrics; nothing decides by them. */
import type { FrameClass } from './frame-class.ts';

/** A reading. Drops are counted, never silent: `dropped_out` is for want of room, `dropped_in` is beyond a budget. */
export interface LinkStats {
  readonly connected: number;
  readonly queued_bytes: number;
  readonly requests_waiting: number;
  readonly dials: number;
  readonly dials_failed: number;
  readonly requests: number;
  readonly requests_failed: number;
  readonly accepted: number;
  readonly refused: number;
  readonly frames_out: number;
  readonly frames_in: number;
  readonly bad_frames: number;
  readonly stalls: number;
  readonly undeliverable: number;
  readonly dropped_out: { readonly votes: number; readonly bulk: number };
  readonly dropped_in: Readonly<Record<FrameClass, number>>;
}

/** Names of the plain counters. */
type Counter = Exclude<
  keyof LinkStats,
  'connected' | 'queued_bytes' | 'requests_waiting' | 'dropped_out' | 'dropped_in'
>;

export class LinkCounters {
  readonly #plain: Record<Counter, number> = {
    dials: 0,
    dials_failed: 0,
    requests: 0,
    requests_failed: 0,
    accepted: 0,
    refused: 0,
    frames_out: 0,
    frames_in: 0,
    bad_frames: 0,
    stalls: 0,
    undeliverable: 0,
  };
  readonly #droppedOut = { votes: 0, bulk: 0 };
  readonly #droppedIn: Record<FrameClass, number> = { consensus: 0, sync: 0, transactions: 0 };

  count(counter: Counter, by = 1): void {
    this.#plain[counter] += by;
  }

  droppedOut(isBulk: boolean): void {
    this.#droppedOut[isBulk ? 'bulk' : 'votes'] += 1;
  }

  droppedIn(frameClass: FrameClass): void {
    this.#droppedIn[frameClass] += 1;
  }

  read(now: Pick<LinkStats, 'connected' | 'queued_bytes' | 'requests_waiting'>): LinkStats {
    return {
      ...now,
      ...this.#plain,
      dropped_out: { ...this.#droppedOut },
      dropped_in: { ...this.#droppedIn },
    };
  }
}
