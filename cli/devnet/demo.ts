/** @module The demo sender: a transfer every two seconds between accounts of its own, so that blocks are seen. */
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '../../sdk/index.ts';
import { devnetAccount } from './accounts.ts';
import type { Devnet } from './devnet.ts';

const INTERVAL_MS = 2_000;

/** Sends until the signal aborts. Its accounts are none of those that the devnet prints. */
export async function runDemo(devnet: Devnet, signal: AbortSignal): Promise<void> {
  const [from, to] = [devnetAccount(0, 'demo'), devnetAccount(1, 'demo')];
  const client = createClient({ url: devnet.node.url, chainId: devnet.chainId, signer: from.signer });
  while (!signal.aborted) {
    await client.send({ to: to.address, amount: 1n, signal });
    await sleep(INTERVAL_MS, undefined, { signal });
  }
}
