/** @module Send to final on an idle chain, one transfer at a time, with a pause in which the chain falls idle again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { transferBody } from '../load/atoll-transfer.ts';
import { HttpConnection, requestBytes } from '../load/http-connection.ts';
import type { Anvil } from '../peers/anvil.ts';
import type { Atoll } from '../peers/atoll.ts';
import { ethereumAccount, signTransfer } from '../peers/ethereum-transfer.ts';

/** Block time of the chain that is measured: the devnet's. */
export const LATENCY_BLOCK_TIME_MS = 100;
/** Longer than the block time, so that the next transfer finds a chain that may make its block at once. */
const PAUSE_MS = 130;
/** The first ones meet code that no compiler has seen yet. */
const WARM_UP = 20;

/** Milliseconds from sending to the answer of `send_tx?wait=final`. */
export async function atollLatency(atoll: Atoll, samples: number): Promise<number[]> {
  const chain = await atoll.addChain('latency', LATENCY_BLOCK_TIME_MS);
  const [from, to] = atoll.accounts;
  if (from === undefined || to === undefined) throw new Error('two accounts are needed');
  const url = new URL(`${atoll.url}/chains/${chain.id}/rpc/send_tx?wait=final`);
  const connection = await HttpConnection.open(url);
  const times = await sampled(samples, async (nonce) => {
    const request = requestBytes(url, transferBody(chain.genesisHash, from, to.address, nonce));
    return async () => {
      const { status, body } = await connection.send(request);
      if (status !== 200) throw new Error(`not final: HTTP ${status} ${body.slice(0, 300)}`);
    };
  });
  connection.close();
  return times;
}

/** Milliseconds from sending to a readable receipt, on an anvil that makes a block for each transaction. */
export async function anvilLatency(anvil: Anvil, samples: number): Promise<number[]> {
  const from = ethereumAccount(0);
  const to = ethereumAccount(1).address;
  await anvil.fund([from]);
  return await sampled(samples, async (nonce) => {
    const { raw, hash } = signTransfer(from, to, nonce, 1n);
    return async () => {
      await anvil.call('eth_sendRawTransaction', [raw]);
      await anvil.untilReceipts([hash]);
    };
  });
}

async function sampled(
  samples: number,
  prepare: (index: number) => Promise<() => Promise<void>>,
): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < samples + WARM_UP; i++) {
    const send = await prepare(i);
    await sleep(PAUSE_MS);
    const started = performance.now();
    await send();
    if (i >= WARM_UP) times.push(performance.now() - started);
  }
  return times;
}
