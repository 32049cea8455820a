/** @module What the browser tests run inside a page: the JavaScript verifier and the SDK, bundled for Chromium. */
import { createClient, createSigner } from '../../sdk/index.ts';
import { jsVerifier } from '../../shared/protocol/crypto/verifier.ts';
import { runVectors, type SignatureVector } from './ed25519-vectors.ts';

const page = globalThis as unknown as Record<string, unknown>;

page.verifyVectors = (vectors: readonly SignatureVector[]): string[] => runVectors(jsVerifier, vectors);

/** Sends a transfer and waits until the subscription, opened before, shows its block. */
page.sendAndSee = async (
  url: string,
  privateKey: string,
  to: string,
): Promise<{ hash: string; height: number; seen: string[] }> => {
  const client = createClient({ url, signer: createSigner(privateKey) });
  const seen: string[] = [];
  const abort = new AbortController();
  const head = await client.head();
  const watching = (async () => {
    for await (const event of client.subscribe('new_transactions', {
      fromHeight: head.height + 1,
      signal: abort.signal,
    })) {
      seen.push(String((event.data as { tx_hash: unknown }).tx_hash));
      break;
    }
  })();
  const sent = await client.send({ to, amount: 3n });
  const final = await sent.wait('final');
  await watching;
  abort.abort();
  return { hash: sent.hash, height: Number(final.height), seen };
};
