/** @module Timers of the machine: one of each kind, in memory. The alarm behind them wakes the object, which resumes. */
import type { Timer, TimerKind } from '../../shared/protocol/consensus/timeouts.ts';

export class ConsensusTimers {
  readonly #due = new Map<TimerKind, { readonly timer: Timer; readonly dueMs: number }>();

  /** A new timer of a kind replaces the one before. */
  set(timer: Timer, dueMs: number): void {
    this.#due.set(timer.kind, { timer, dueMs });
  }

  /** Timers of heights below are void. */
  forgetBelow(height: number): void {
    for (const [kind, { timer }] of this.#due) if (timer.height < height) this.#due.delete(kind);
  }

  /** Takes out what is due, earliest first. */
  take(nowMs: number): Timer[] {
    const due = [...this.#due.values()]
      .filter(({ dueMs }) => dueMs <= nowMs)
      .sort((a, b) => a.dueMs - b.dueMs);
    for (const { timer } of due) this.#due.delete(timer.kind);
    return due.map(({ timer }) => timer);
  }

  clear(): void {
    this.#due.clear();
  }

  nextDueMs(): number | null {
    let next: number | null = null;
    for (const { dueMs } of this.#due.values()) next = next === null ? dueMs : Math.min(next, dueMs);
    return next;
  }
}
