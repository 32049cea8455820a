/** @module The demo sender: a transfer every two seconds between accounts of its own, so that blocks are seen. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, createClient } from '../../sdk/index.ts';
import { devnetAccount } from './accounts.ts';
import type { Devnet } from './devnet.ts';

const INTERVAL_MS = 2_000;

/** Sends until the signal aborts, through the first node that runs. Its accounts are none of those that the devnet prints. */
export async function runDemo(
  devnet: Devnet,
  signal: AbortSignal,
  note: (line: string) => void,
): Promise<void> {
  const to = devnetAccount(1, 'demo').address;
  let sender: { url: string; client: Client } | undefined;
  for (; !signal.aborted; await sleep(INTERVAL_MS, undefined, { signal })) {
    const url = devnet.nodes.find(({ status }) => status === 'running')?.url;
    if (url === undefined) continue;
    if (sender?.url !== url) sender = { url, client: clientOf(url, devnet.chainId) };
    try {
      await sender.client.send({ to, amount: 1n, signal });
    } catch (error) {
      if (signal.aborted) return;
      note(`the demo transfer through ${url} failed: ${(error as Error).message}`);
      sender = undefined; // a new client asks the node for its nonce
    }
  }
}

function clientOf(url: string, chainId: string): Client {
  return createClient({ url, chainId, signer: devnetAccount(0, 'demo').signer });
}
