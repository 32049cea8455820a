/** @module Waits for a node that has just been started. */
import { CliError } from '../errors.ts';
import type { Host } from './host.ts';

const LIVE_TIMEOUT_MS = 30_000;
const LIVE_RETRY_MS = 25;

/** The socket opens before the Worker's modules have loaded; /livez answers once they have. */
export async function untilLive(url: string, host: Pick<Host, 'exited'>): Promise<void> {
  let ended: string | undefined;
  void host.exited.then((how) => (ended = how));
  const deadline = Date.now() + LIVE_TIMEOUT_MS;
  let last = 'no answer';
  while (Date.now() < deadline && ended === undefined) {
    try {
      const response = await fetch(`${url}/livez`, { signal: AbortSignal.timeout(5_000) });
      const text = await response.text();
      if (response.ok) return;
      last = `HTTP ${response.status} ${text.slice(0, 300)}`;
    } catch (error) {
      last = (error as Error).message;
    }
    await new Promise((resolve) => setTimeout(resolve, LIVE_RETRY_MS));
  }
  throw new CliError('runtime', `the node does not answer at ${url}/livez: ${ended ?? last}`);
}
