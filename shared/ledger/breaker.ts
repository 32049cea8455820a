/**
 * @module Remembers which databases lately failed. Pure: the time is passed in. One per isolate, nothing
 * polls.
 */

/** Failures in a row after which a database is left alone. */
export const BREAKER_FAILURES = 3;
/** How long it is left alone; the next call after that tries it once. */
export const BREAKER_OPEN_MS = 5_000;

/** What is known of one database. */
export interface Breaker {
  readonly failures: number;
  /** No call before this time. */
  readonly openUntilMs: number;
}

/** Nothing bad is known. */
export const BREAKER_CLOSED: Breaker = { failures: 0, openUntilMs: 0 };

/** True while calls would only wait in vain. */
export function isOpen(breaker: Breaker, nowMs: number): boolean {
  return nowMs < breaker.openUntilMs;
}

/** After a failure. Once it has opened, each further failure opens it again at once. */
export function afterFailure(breaker: Breaker, nowMs: number): Breaker {
  const failures = Math.min(breaker.failures + 1, BREAKER_FAILURES);
  return { failures, openUntilMs: failures === BREAKER_FAILURES ? nowMs + BREAKER_OPEN_MS : 0 };
}
