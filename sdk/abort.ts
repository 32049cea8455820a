/** @module Waiting that ends at once when its signal aborts. */

/** Resolves after `ms`. Rejects with the signal's reason. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Doubling pauses with full jitter: `attempt` counts from 0. */
export function backoff(
  attempt: number,
  firstMs: number,
  maxMs: number,
  random: number = Math.random(),
): number {
  return Math.ceil(Math.min(maxMs, firstMs * 2 ** Math.min(attempt, 30)) * (0.5 + random / 2));
}
