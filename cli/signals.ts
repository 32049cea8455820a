/** @module Ctrl-C and its relatives as an AbortSignal. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Aborts at the first signal; a second Ctrl-C ends the process at once, whatever still runs. */
export function stopSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS) {
    process.on(name, () => {
      if (controller.signal.aborted && name === 'SIGINT') process.exit(130);
      controller.abort(name);
    });
  }
  return controller.signal;
}
