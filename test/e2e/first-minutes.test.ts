/** @module What a stranger does first: a devnet, a signed transfer by plain HTTP, a socket, and SQL. */
import { createClient } from '@libsql/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDevnet, type TestDevnet, until } from '../support/devnet.ts';
import {
  getJson,
  hex,
  post,
  type SignedBody,
  signedMessage,
  signedTransfer,
  walletOf,
} from '../support/stranger.ts';

/** The promise is 200 ms on an idle chain; a machine that runs other tests at the same time gets this much. */
const FINAL_MS_MAX = 1_000;
const TRANSFERS = 9;

interface BlockEvent {
  readonly type: string;
  readonly seq: number;
  readonly height: number;
  readonly replay: boolean;
  readonly data: { readonly height: number; readonly transactions?: readonly { tx_hash: string }[] };
}

let devnet: TestDevnet;
const url = () => devnet.ready.nodes[0]?.rpc_url ?? '';
const wallets = () => devnet.ready.accounts.map(walletOf);
const nth = (index: number) => {
  const wallet = wallets()[index];
  if (wallet === undefined) throw new Error(`the devnet prints no account ${index}`);
  return wallet;
};

beforeAll(async () => {
  devnet = await startTestDevnet();
});
afterAll(() => devnet?.stop());

/** A socket with whole blocks from `fromHeight` on, or from the next block. */
async function subscribeBlocks(fromHeight?: number): Promise<{ events: BlockEvent[]; close(): void }> {
  const socket = new WebSocket(devnet.ready.nodes[0]?.ws_url ?? '');
  const frames: BlockEvent[] = [];
  socket.addEventListener('message', ({ data }) => frames.push(JSON.parse(String(data)) as BlockEvent));
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve, { once: true });
    socket.addEventListener('error', reject, { once: true });
  });
  const from = fromHeight === undefined ? {} : { from_height: fromHeight };
  const filter = { include_tx: true };
  socket.send(JSON.stringify({ id: 1, type: 'subscribe', topic: 'new_blocks', filter, ...from }));
  await until('the answer to subscribe', () => frames.some(({ type }) => type === 'subscribed'));
  return {
    get events() {
      return frames.filter(({ type }) => type === 'event');
    },
    close: () => socket.close(),
  };
}

async function sendFinal({ hash, body }: SignedBody): Promise<{ height: number; ms: number }> {
  const started = performance.now();
  const response = await post(`${url()}/rpc/send_tx?wait=final`, body);
  const answer = (await response.json()) as { tx_hash: string; status: string; height: number };
  const ms = performance.now() - started;
  expect(answer, JSON.stringify(answer)).toMatchObject({ tx_hash: hash, status: 'final' });
  expect(response.status).toBe(200);
  return { height: answer.height, ms };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
const hashesOf = (events: readonly BlockEvent[]) =>
  events.flatMap(({ data }) => (data.transactions ?? []).map(({ tx_hash }) => tx_hash));

describe('a stranger with the documents and a devnet', () => {
  test('has transfers final at once, on the socket before and after, and in libSQL, by own code alone', async () => {
    const { genesis_hash } = await getJson<{ genesis_hash: string }>(`${url()}/rpc/genesis`);
    expect(genesis_hash).toBe(devnet.ready.genesis_hash);
    const before = await subscribeBlocks();
    const sent: string[] = [];
    const times: number[] = [];
    let height = 0;
    for (let nonce = 0; nonce < TRANSFERS; nonce += 1) {
      const transfer = signedTransfer(genesis_hash, nth(0), nth(1).address, 25n, { nonce });
      const final = await sendFinal(transfer);
      expect(final.height).toBe(height + 1);
      height = final.height;
      sent.push(transfer.hash);
      times.push(final.ms);
      // Idle again: block time has passed and the ledger has the block.
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    console.log(
      `final on the idle chain: median ${median(times).toFixed(1)} ms of ${times.map((ms) => ms.toFixed(1)).join(', ')}`,
    );
    expect(median(times)).toBeLessThan(FINAL_MS_MAX);

    await until('all blocks on the open socket', () => before.events.length >= TRANSFERS);
    expect(hashesOf(before.events)).toEqual(sent);
    const resumed = await subscribeBlocks(2);
    await until('the blocks on the resumed socket', () => resumed.events.length >= TRANSFERS - 1);
    expect(hashesOf(resumed.events)).toEqual(sent.slice(1));
    expect(resumed.events.map(({ replay }) => replay)).toEqual(sent.slice(1).map(() => true));

    const live = signedTransfer(genesis_hash, nth(0), nth(2).address, 7n, { nonce: TRANSFERS });
    await sendFinal(live);
    for (const socket of [before, resumed]) {
      await until('the live block', () => hashesOf(socket.events).includes(live.hash));
      expect(socket.events.at(-1)).toMatchObject({ replay: false, height: height + 1 });
      expect(socket.events.map(({ seq }) => seq)).toEqual(socket.events.map((_, index) => index + 1));
      socket.close();
    }
    await expectInLedger([...sent, live.hash]);
  });

  test('has a message delivered, and the same bytes again answer the same', async () => {
    const text = new TextEncoder().encode('hello from outside');
    const message = signedMessage(devnet.ready.genesis_hash, nth(3), nth(4).address, text, { nonce: 0 });
    const first = await sendFinal(message);
    const again = await sendFinal(message);
    expect(again.height).toBe(first.height);
    await until('the message in the inbox', async () => {
      const { messages } = await getJson<{ messages: { tx_hash: string; body: string; sender: string }[] }>(
        `${url()}/rpc/messages?address=${nth(4).address}`,
      );
      return messages.some(
        ({ tx_hash, body, sender }) =>
          tx_hash === message.hash && body === hex(text) && sender === nth(3).address,
      );
    });
  });

  test('may give the type as a code, and reads balances that add up', async () => {
    const transfer = signedTransfer(devnet.ready.genesis_hash, nth(5), nth(6).address, 11n, {
      nonce: 0,
      fee: 3n,
    });
    await sendFinal({ ...transfer, body: { ...transfer.body, type: 0 } });
    const balance = async (index: number) =>
      BigInt((await getJson<{ balance: string }>(`${url()}/rpc/get_balance/${nth(index).address}`)).balance);
    const printed = BigInt(devnet.ready.accounts[5]?.balance ?? 0);
    expect([await balance(5), await balance(6)]).toEqual([printed - 14n, printed + 11n]);
  });
});

/** Plain SQL on the primary, and on the replica once it has followed. */
async function expectInLedger(hashes: readonly string[]): Promise<void> {
  const { primary, replicas } = devnet.ready.ledger;
  for (const server of [primary, ...Object.values(replicas)]) {
    const client = createClient({ url: server });
    const read = async () => {
      const { rows } = await client.execute('select hash, bytes from transactions order by height, tx_index');
      return rows.map(({ hash }) => String(hash));
    };
    await until(`the rows on ${server}`, async () => (await read().catch(() => [])).length >= hashes.length);
    expect(await read()).toEqual(hashes);
    client.close();
  }
}
