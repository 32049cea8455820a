/** @module Waits until the validators of a new chain have heard of each other, as each of them must before it signs. */
import type { ConsensusWire } from '../../shared/api/schemas/consensus.ts';

/** Nodes find each other in a second or two; one that is cut off must not keep the devnet from being ready. */
const SIGNING_TIMEOUT_MS = 10_000;
const SIGNING_RETRY_MS = 50;

/**
 * Resolves once no node is still asking the others how far they are, or after ten seconds. Whoever came in late would find
 * a chain with blocks, and its key would be held back for ten of them.
 */
export async function untilSigning(urls: readonly string[]): Promise<void> {
  const deadline = Date.now() + SIGNING_TIMEOUT_MS;
  let waiting = [...urls];
  while (waiting.length > 0 && Date.now() < deadline) {
    const areAsking = await Promise.all(waiting.map(isAsking));
    waiting = waiting.filter((_, index) => areAsking[index]);
    if (waiting.length > 0) await new Promise((resolve) => setTimeout(resolve, SIGNING_RETRY_MS));
  }
}

/** A node that does not answer is none to wait for: whoever uses it will notice. */
async function isAsking(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/rpc/consensus`, { signal: AbortSignal.timeout(SIGNING_TIMEOUT_MS) });
    return response.ok && ((await response.json()) as ConsensusWire).signing.status === 'checking';
  } catch {
    return false;
  }
}
