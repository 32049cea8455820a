/**
 * @module A chain that nobody uses: evicted, without an alarm, and left so by everything that only looks at it.
 * IDLE_SECONDS=120 is the long form.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../support/devnet.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { alarmsOf, digestNode } from '../support/node-digest.ts';
import { getJson, post, signedTransfer, walletOf } from '../support/stranger.ts';
import type { Wakeups } from '../support/wakeups-entry.ts';

/** After so long without an event an object is gone. */
const EVICTED_MS = 20_000;
const IDLE_MS = 1_000 * Number(process.env.IDLE_SECONDS ?? 8);
const POLL_MS = 500;

type Counts = Record<'chain' | 'hub', Wakeups>;

let node: TestNode;

beforeAll(async () => {
  node = await startTestNode({ entry: 'test/support/wakeups-entry.ts' });
});
afterAll(() => node?.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const wakeups = () => getJson<Counts>(`${node.url}/wakeups`);

async function transfer(nonce: number): Promise<void> {
  const [from, to] = node.accounts.map(({ address, publicKey, privateKey }) =>
    walletOf({ address, public_key: publicKey, private_key: privateKey }),
  );
  if (from === undefined || to === undefined) throw new Error('two accounts are needed');
  const { body } = signedTransfer(node.genesisHash, from, to.address, 5n, { nonce });
  const response = await post(`${node.url}/rpc/send_tx?wait=final`, body);
  expect(response.status).toBe(200);
}

async function subscriber(): Promise<{ frames: { type: string; height?: number }[]; socket: WebSocket }> {
  const socket = new WebSocket(node.wsUrl);
  const frames: { type: string; height?: number }[] = [];
  socket.addEventListener('message', ({ data }) => frames.push(JSON.parse(String(data)) as { type: string }));
  await until('the hello', () => frames.some(({ type }) => type === 'hello'));
  socket.send(JSON.stringify({ id: 1, type: 'subscribe', topic: 'new_blocks' }));
  await until('the subscription', () => frames.some(({ type }) => type === 'subscribed'));
  return { frames, socket };
}

test(
  'an idle chain is evicted without an alarm, and pings, scrapes and polls leave it so',
  async () => {
    const { frames, socket } = await subscriber();
    await transfer(0);
    const events = () => frames.filter(({ type }) => type === 'event').length;
    await until('the block on the socket', () => events() === 1);
    await pause(EVICTED_MS);

    expect(alarmsOf(node.persistDir, 'ChainObject')).toEqual([]);
    expect(alarmsOf(node.persistDir, 'HubObject')).toEqual([]);
    const before = await wakeups();
    const rows = await digestNode(node.persistDir, node.ledger?.primary);
    const paths = ['/metrics', '/readyz', '/health', '/rpc/get_head', '/sync_status', '/rpc/info', '/chains'];
    for (const end = Date.now() + IDLE_MS; Date.now() < end; await pause(POLL_MS)) {
      socket.send('ping');
      for (const path of paths) expect((await fetch(node.url + path)).status, path).toBe(200);
    }
    expect(await wakeups()).toEqual(before);
    expect(await digestNode(node.persistDir, node.ledger?.primary)).toEqual(rows);
    const heartbeats = frames.filter(({ type }) => type === 'heartbeat').length;
    expect(heartbeats).toBeGreaterThanOrEqual(Math.floor(IDLE_MS / (2 * POLL_MS)) - 1);

    // It was gone: the next transaction makes both objects anew, and the old socket still gets its block.
    await transfer(1);
    await until('the next block on the socket', () => events() === 2);
    const after = await wakeups();
    expect(after.chain.lives).toBe(before.chain.lives + 1);
    expect(after.hub.lives).toBe(before.hub.lives + 1);
    console.log(
      `idle: ${JSON.stringify(before)} before and after ${IDLE_MS / 1_000} s of polls, ${heartbeats} heartbeats`,
    );
    socket.close();
  },
  EVICTED_MS + IDLE_MS + 60_000,
);
