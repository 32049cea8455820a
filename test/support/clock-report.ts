/** @module What a clock that stands still within an event has to tell. Importing this changes no clock. */

/** Starts the message of an error about code that waits by looking at the clock; no deployed bundle contains it. */
export const CLOCK_NOTE = 'test: the clock is read over and over';

/** What the clock of a Worker has seen since the Worker was loaded. */
export interface ClockReport {
  readonly events: number;
  /** Those events that were timers. */
  readonly timers: number;
  readonly reads: number;
  /** Most reads within one event. */
  readonly readsMax: number;
  /** Errors about loops. */
  readonly faults: readonly string[];
}
