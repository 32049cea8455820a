/** @module The SDK against a whole node: real routes, real chain, real ledger. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Client,
  createClient,
  createSigner,
  NotFoundError,
  TransactionRejectedError,
} from '../../sdk/index.ts';
import { SentTransaction } from '../../sdk/sent-transaction.ts';
import { startTestNode, type TestNode } from '../support/node.ts';

let node: TestNode;
let client: Client;
const account = (index: number) => {
  const found = node.accounts[index];
  if (found === undefined) throw new Error(`no account ${index}`);
  return found;
};

beforeAll(async () => {
  node = await startTestNode();
  client = createClient({
    url: node.url,
    chainId: node.chainId,
    signer: createSigner(account(0).privateKey),
  });
});
afterAll(async () => {
  await node?.stop();
});

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('a payment', () => {
  it('is final after wait, and the next read shows it', async () => {
    const to = account(1).address;
    const before = await client.accounts.get(to);
    const sent = await client.send({ to, amount: 25n });
    const outcome = await sent.wait('final');
    expect(outcome).toMatchObject({ tx_hash: sent.hash, status: 'final', receipt_status: 'OK' });
    expect((await client.accounts.get(to)).balance).toBe(before.balance + 25n);
    const found = await client.transactions.get(sent.hash);
    expect(found).toMatchObject({ status: 'final', height: outcome.height, payload: { amount: '25' } });
    expect(client.seenHeight).toBeGreaterThanOrEqual(outcome.height ?? 0);
  });

  it('to an address without an account pays for opening it', async () => {
    const stranger = createSigner(`0x${'5e'.repeat(32)}`);
    const sent = await client.send({ to: stranger.address, amount: 1n });
    expect(await sent.wait()).toMatchObject({ receipt_status: 'OK' });
    expect(await client.accounts.get(stranger.address)).toMatchObject({ exists: true, balance: 1n });
  });

  it('sent many times at once takes one nonce after the other', async () => {
    const { nonce } = await client.accounts.get(account(0).address);
    const sent = await Promise.all(
      Array.from({ length: 8 }, () => client.send({ to: account(2).address, amount: 1n })),
    );
    const nonces = sent.map(({ signed }) => signed.transaction.nonce).sort((a, b) => a - b);
    expect(nonces).toEqual(Array.from({ length: 8 }, (_, index) => nonce + index));
    await Promise.all(sent.map((one) => one.wait()));
  });

  it('in a batch has an outcome of its own', async () => {
    const to = account(3).address;
    const results = await client.sendMany([
      { to, amount: 1n },
      { to, amount: 1n, fee: 0n, nonce: 0 },
      { to, amount: 2n },
    ]);
    expect(results[0]).toBeInstanceOf(SentTransaction);
    expect(results[1]).toBeInstanceOf(TransactionRejectedError);
    expect(results[2]).toBeInstanceOf(SentTransaction);
    for (const result of results) if (result instanceof SentTransaction) await result.wait();
  });

  it('sent again is the same transaction', async () => {
    const signed = await client.sign({ to: account(1).address, amount: 3n });
    const first = await client.send(signed);
    await first.wait();
    const again = await client.send(signed);
    expect(again.hash).toBe(first.hash);
    expect(await again.wait()).toMatchObject({ status: 'final' });
  });

  it('with a used nonce is refused with its code', async () => {
    const refused = client.send({ to: account(1).address, amount: 1n, nonce: 0 });
    await expect(refused).rejects.toMatchObject({ code: 'TX_NONCE_TOO_LOW' });
  });
});

describe('a message', () => {
  it('reaches the inbox of its recipient', async () => {
    const sent = await client.messages.send({ to: account(4).address, body: 'grüezi' });
    const { height } = await sent.wait();
    const inbox = await collect(client.messages.inbox({ address: account(4).address }));
    expect(inbox[0]).toMatchObject({ height, sender: account(0).address, content_type: 'text/plain' });
    expect(Buffer.from(inbox[0]?.body.slice(2) ?? '', 'hex').toString()).toBe('grüezi');
  });
});

describe('a list', () => {
  it('walks all pages without a gap or a repeat', async () => {
    const { height } = await client.head();
    const blocks = await collect(client.blocks.list({ pageSize: 3 }));
    const heights = blocks.map((block) => block.height).filter((one) => one > 0);
    expect(heights.slice(-height)).toEqual(Array.from({ length: height }, (_, index) => height - index));
    const transactions = await collect(
      client.transactions.list({ address: account(0).address, pageSize: 2 }),
    );
    expect(new Set(transactions.map((one) => one.tx_hash)).size).toBe(transactions.length);
  });
});

describe('a read', () => {
  it('of what is not there is a typed error', async () => {
    await expect(client.blocks.get(1_000_000)).rejects.toBeInstanceOf(NotFoundError);
    const elsewhere = createClient({ url: node.url, chainId: 'nowhere' });
    await expect(elsewhere.head()).rejects.toMatchObject({ code: 'CHAIN_UNKNOWN' });
  });

  it('of head, info, mempool and fees agrees with the chain', async () => {
    const head = await client.head();
    expect(head.genesis_hash).toBe(node.genesisHash);
    expect((await client.info()).chain_id).toBe(node.chainId);
    expect(await client.mempool()).toMatchObject({ count: 0 });
    const estimate = await client.estimateFee({
      type: 'transfer',
      payload: { recipient: account(1).address, amount: '1' },
    });
    expect(estimate.fee).toBeGreaterThanOrEqual(estimate.minFee);
  });
});

describe('a subscription', () => {
  it('opened before a payment sees it, and one opened from height 1 sees it again', async () => {
    const controller = new AbortController();
    const live = client.subscribe('new_transactions', { signal: controller.signal });
    const iterator = live[Symbol.asyncIterator]();
    const first = iterator.next();
    while (live.state !== 'live') await new Promise((resolve) => setTimeout(resolve, 10));
    const sent = await client.send({ to: account(1).address, amount: 1n });
    expect((await first).value).toMatchObject({ replay: false, data: { tx_hash: sent.hash } });
    controller.abort();
    await iterator.return(undefined);
    for await (const event of client.subscribe('new_transactions', { fromHeight: 1 })) {
      if (event.data.tx_hash !== sent.hash) continue;
      expect(event.replay).toBe(true);
      break;
    }
  });

  it('of a chain that is not there fails with the reason', async () => {
    const elsewhere = createClient({ url: node.url, chainId: 'nowhere' });
    const iterator = elsewhere.subscribe('new_blocks')[Symbol.asyncIterator]();
    await expect(iterator.next()).rejects.toMatchObject({ code: 'CHAIN_UNKNOWN' });
  });
});
