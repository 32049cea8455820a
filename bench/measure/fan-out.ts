/** @module A block to many sockets: from sending its only transfer until each subscriber has its new_blocks event. */
import { setTimeout as sleep } from 'node:timers/promises';
import { transferBody } from '../load/atoll-transfer.ts';
import type { Atoll } from '../peers/atoll.ts';

const BLOCK_TIME_MS = 100;
/** Sockets that connect at once: a client's own limits must not be what is measured. */
const CONNECTING = 50;
const PAUSE_MS = 500;
const TIMEOUT_MS = 15_000;

/** Milliseconds of every socket and block; includes making the block. */
export async function fanOut(atoll: Atoll, sockets: number, blocks: number): Promise<number[]> {
  const { id, genesisHash } = await atoll.addChain('fan-out', BLOCK_TIME_MS);
  const [from, to] = atoll.accounts;
  if (from === undefined || to === undefined) throw new Error('two accounts are needed');
  const url = `${atoll.url.replace(/^http/, 'ws')}/chains/${id}/ws`;
  const subscribers: Subscriber[] = [];
  while (subscribers.length < sockets) {
    const count = Math.min(CONNECTING, sockets - subscribers.length);
    subscribers.push(...(await Promise.all(Array.from({ length: count }, () => subscribe(url)))));
  }
  const times: number[] = [];
  for (let block = 0; block < blocks; block++) {
    const body = transferBody(genesisHash, from, to.address, block);
    await sleep(PAUSE_MS);
    const started = performance.now();
    const seen = subscribers.map(({ next }) => next());
    const headers = { 'content-type': 'application/json' };
    await fetch(`${atoll.url}/chains/${id}/rpc/send_tx`, { method: 'POST', headers, body });
    times.push(...(await withTimeout(Promise.all(seen))).map((at) => at - started));
  }
  for (const { close } of subscribers) close();
  return times;
}

interface Subscriber {
  /** When the next event comes, by `performance.now()`. */
  next(): Promise<number>;
  close(): void;
}

function subscribe(url: string): Promise<Subscriber> {
  const socket = new WebSocket(url);
  let onEvent: (at: number) => void = () => undefined;
  const subscriber: Subscriber = {
    next: () => new Promise((resolve) => (onEvent = resolve)),
    close: () => socket.close(),
  };
  return new Promise((resolve, reject) => {
    socket.addEventListener('error', () => reject(new Error('a subscriber did not connect')));
    socket.addEventListener('open', () =>
      socket.send(JSON.stringify({ id: 1, type: 'subscribe', topic: 'new_blocks' })),
    );
    socket.addEventListener('message', ({ data }) => {
      const { type } = JSON.parse(String(data)) as { type: string };
      if (type === 'event') onEvent(performance.now());
      else if (type === 'subscribed') resolve(subscriber);
      else if (type === 'error') reject(new Error(`a subscriber was refused: ${String(data)}`));
    });
  });
}

async function withTimeout<T>(work: Promise<T>): Promise<T> {
  const late = sleep(TIMEOUT_MS, null, { ref: false }).then(() => {
    throw new Error(`not every subscriber had the block within ${TIMEOUT_MS} ms`);
  });
  return await Promise.race([work, late]);
}
