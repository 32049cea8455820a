/** @module The limits of a hub as a whole, small, in workerd with the real chain: reached, and exceeded by one. */
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BAD_FRAMES_MAX, type HubLimits } from '../../../durable-objects/hub/limits.ts';
import { createClient } from '../../../sdk/index.ts';
import { parseHash } from '../../../shared/protocol/primitives/hash.ts';
import { builtInTransactions } from '../../../shared/protocol/transaction/registry.ts';
import { signTransaction } from '../../../shared/protocol/transaction/sign.ts';
import { until } from '../../support/devnet.ts';
import { startObjects, type TestObjects } from '../../support/objects.ts';
import { RawSubscribers } from '../../support/raw-subscribers.ts';
import { connect, type RawClient } from './raw-client.ts';

const LIMITS: HubLimits = { sockets: 5, subscriptions: 6, backlogBytes: 16_000 };
/** A body whose event is larger than the least of a subscription, and of which two fit into the hub. */
const BODY_BYTES = 3_000;

let objects: TestObjects;
let url: string;
let nonce = 0;
let clients: RawClient[] = [];

beforeAll(async () => {
  const env = { TEST_HUB_LIMITS: JSON.stringify(LIMITS) };
  objects = await startObjects({ entry: 'test/durable-objects/hub/worker.ts', env });
  const created = await objects.create();
  expect(created.ok).toBe(true);
  url = objects.node.wsUrl;
});
afterEach(async () => {
  for (const client of clients) client.close();
  await until('the closes', () => clients.every(({ closed }) => closed.code !== null));
  clients = [];
});
afterAll(() => objects?.stop());

async function open(): Promise<RawClient> {
  const client = await connect(url);
  clients.push(client);
  return client;
}

/** A block with one message. Returns its height. */
async function makeBlock(bodyBytes = 1): Promise<number> {
  const [from, to] = objects.node.accounts;
  if (from === undefined || to === undefined) throw new Error('two accounts are needed');
  const body = new Uint8Array(bodyBytes);
  const payload = { recipient: to.address, contentType: 'text/plain', body };
  const unsigned = { type: 1, nonce, fee: 100_000n, validUntil: 1_000, payload };
  nonce += 1;
  const genesisHash = parseHash(objects.node.genesisHash);
  const signed = signTransaction(unsigned, genesisHash, from.signer, builtInTransactions);
  return (await objects.untilFinal(signed)).height ?? 0;
}

/** What the upgrade of one more socket is answered: 101, or the code of a problem. */
function upgrade(): Promise<number | string> {
  const { hostname, port } = new URL(url);
  const headers = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  };
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path: '/ws', headers });
    asked.once('error', reject);
    asked.once('upgrade', (_response, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.once('response', (response) => {
      let text = '';
      response.on('data', (chunk) => (text += String(chunk)));
      response.once('end', () => resolve((JSON.parse(text) as { code: string }).code));
    });
    asked.end();
  });
}

const types = (client: RawClient) => client.frames.map(({ type }) => type);

describe('a hub', () => {
  it('takes as many sockets as it may, refuses one more, and takes it when one has gone', async () => {
    for (let opened = 0; opened < LIMITS.sockets; opened += 1) await open();
    expect(await upgrade()).toBe('SOCKET_LIMIT');
    clients[0]?.close();
    await until('the place', async () => (await upgrade()) === 101);
  });

  it('counts a socket that it has closed until the other side is gone: what was sent is in memory until then', async () => {
    const silent = await RawSubscribers.open(url, LIMITS.sockets);
    try {
      for (let sent = 0; sent < BAD_FRAMES_MAX; sent += 1) await silent.send({ id: 1, type: 'shout' });
      expect(await upgrade()).toBe('SOCKET_LIMIT');
    } finally {
      silent.close();
    }
    await until('the places', async () => (await upgrade()) === 101);
  });

  it('takes as many subscriptions as it may, from whichever sockets, and refuses one more', async () => {
    const [one, other] = [await open(), await open()];
    const { sub } = await one.subscribe({ topic: 'messages' });
    for (let made = 1; made < LIMITS.subscriptions; made += 1) await other.subscribe({ topic: 'messages' });
    await expect(one.subscribe({ topic: 'new_blocks' })).rejects.toThrow(`${LIMITS.subscriptions}, the most`);
    one.send({ id: 99, type: 'unsubscribe', sub });
    await one.until('the end', () => types(one).includes('unsubscribed'));
    await one.subscribe({ topic: 'new_blocks' });
    await expect(one.subscribe({ topic: 'new_blocks' })).rejects.toThrow('SUBSCRIPTION_LIMIT');
    other.close();
    await until('the places', async () =>
      one.subscribe({ topic: 'new_blocks' }).then(
        () => true,
        () => false,
      ),
    );
  });
});

describe('the bytes that a hub has under way', () => {
  it('stay below its limit: a reader without an acknowledgement is stopped, others wait for room and then get all', async () => {
    const readers = [await open(), await open(), await open()];
    const subs: string[] = [];
    for (const reader of readers) subs.push((await reader.subscribe({ topic: 'messages' })).sub);
    const first = await makeBlock(BODY_BYTES);
    const second = await makeBlock(BODY_BYTES);
    const got = (at: number) => readers[at]?.events().map(({ height }) => height) ?? [];
    // Two events fill the hub, so each of two readers has one, is told of its smaller credit, and the third has none.
    await until('two events', () => got(0).length + got(1).length + got(2).length === 2);
    await until('the smaller credits', () => readers.filter((r) => types(r).includes('credit')).length === 2);
    for (const reader of readers) expect(reader.closed.code).toBeNull();
    // Each acknowledges what it has, as told: everyone gets everything.
    const deadline = Date.now() + 20_000;
    while (readers.some((_, at) => got(at).length < 2) && Date.now() < deadline) {
      for (const [at, reader] of readers.entries()) {
        const seq = got(at).length;
        if (seq > 0) reader.send({ type: 'ack', sub: subs[at], seq });
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const at of readers.keys()) expect(got(at)).toEqual([first, second]);
  });

  it('make the SDK acknowledge as soon as its credit is smaller, and miss nothing', async () => {
    const controllers = [new AbortController(), new AbortController(), new AbortController()];
    const seen: number[][] = controllers.map(() => []);
    const live: string[][] = controllers.map(() => []);
    const readings = controllers.map(async ({ signal }, at) => {
      const client = createClient({ url: objects.node.url });
      const onState = (state: string) => live[at]?.push(state);
      for await (const { height } of client.subscribe('messages', { signal, onState }))
        seen[at]?.push(height);
    });
    await until('three readers', () => live.every((states) => states.includes('live')));
    const heights: number[] = [];
    for (let made = 0; made < 8; made += 1) heights.push(await makeBlock(BODY_BYTES));
    await until('all messages', () => seen.every(({ length }) => length >= heights.length), 20_000);
    for (const controller of controllers) controller.abort();
    await Promise.all(readings);
    for (const one of seen) expect(one).toEqual(heights);
    for (const states of live) expect(states).not.toContain('reconnecting');
  });
});
