/** @module How long to wait before the next attempt to reach a peer. */
import { RETRY_FIRST_MS, RETRY_JITTER, RETRY_MAX_MS } from './limits.ts';

/** Doubles with each failure up to a bound; `random` from 0 to 1 spreads it so that peers do not knock in step. */
export function retryMs(failures: number, random: number): number {
  const base = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(Math.max(0, failures - 1), 20));
  return Math.round(base * (1 + RETRY_JITTER * (2 * random - 1)));
}
