/** @module A block to many sockets: from sending its only transfer until each subscriber has its new_blocks event. */
import { setTimeout as sleep } from 'node:timers/promises';
import { transferBody } from '../load/atoll-transfer.ts';
import { BlockSubscriber } from '../load/subscriber.ts';
import type { Atoll } from '../peers/atoll.ts';

const BLOCK_TIME_MS = 100;
/** Sockets that connect at once: a client's own limits must not be what is measured. */
const CONNECTING = 50;
/** Between two blocks, as by default: what a block leaves to be done, acknowledgements above all, is done by then. */
const PAUSE_MS = 1_000;
const TIMEOUT_MS = 15_000;

/** Milliseconds of every socket and block; includes making the block. */
export async function fanOut(atoll: Atoll, sockets: number, blocks: number): Promise<number[]> {
  const { id, genesisHash } = await atoll.addChain('fan-out', BLOCK_TIME_MS);
  const [from, to] = atoll.accounts;
  if (from === undefined || to === undefined) throw new Error('two accounts are needed');
  const url = new URL(`${atoll.url}/chains/${id}/ws`);
  const subscribers: BlockSubscriber[] = [];
  while (subscribers.length < sockets) {
    const count = Math.min(CONNECTING, sockets - subscribers.length);
    subscribers.push(...(await Promise.all(Array.from({ length: count }, () => BlockSubscriber.open(url)))));
  }
  const times: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const body = transferBody(genesisHash, from, to.address, block);
    await sleep(PAUSE_MS);
    const started = performance.now();
    const seen = subscribers.map((subscriber) => subscriber.next());
    const headers = { 'content-type': 'application/json' };
    await fetch(`${atoll.url}/chains/${id}/rpc/send_tx`, { method: 'POST', headers, body });
    times.push(...(await withTimeout(Promise.all(seen))).map((at) => at - started));
  }
  for (const subscriber of subscribers) subscriber.close();
  return times;
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  const late = sleep(TIMEOUT_MS, null, { ref: false }).then(() => {
    throw new Error(`not every subscriber had the block within ${TIMEOUT_MS} ms`);
  });
  return await Promise.race([work, late]);
}
