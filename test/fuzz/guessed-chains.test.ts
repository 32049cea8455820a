/** @module Guessed chain ids: whoever tries names learns nothing and writes nothing. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestNode, type TestNode } from '../support/node.ts';
import { digestAtRest, digestNode } from '../support/node-digest.ts';
import { seeded } from '../support/seeded.ts';
import { getJson, post, signedTransfer, walletOf } from '../support/stranger.ts';

const GUESSES = 1_000;
const AT_ONCE = 16;
const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

let node: TestNode;

beforeAll(async () => {
  node = await startTestNode();
});
afterAll(() => node?.stop());

/** Files of the objects' databases and of the ledger's, without those that a writer makes and removes as it goes. */
function files(): string[] {
  const folders = [node.persistDir, join(node.persistDir, '../ledger')];
  return folders
    .flatMap((folder) => readdirSync(folder, { recursive: true }).map(String))
    .filter((name) => !/-(wal|shm|journal)$|wallog|snapshots/.test(name))
    .sort();
}

test('1,000 guessed ids in path, header and query are unknown chains and leave no row and no file', async () => {
  const random = seeded('atoll guesses 1');
  console.log(`guessed chains: seed ${random.seed}`);
  const [first] = node.accounts;
  if (first === undefined) throw new Error('the node has no account');
  const wallet = walletOf({
    address: first.address,
    public_key: first.publicKey,
    private_key: first.privateKey,
  });
  const valid = signedTransfer(node.genesisHash, wallet, wallet.address, 1n, { nonce: 0 }).body;
  const call = { jsonrpc: '2.0', id: 1, method: 'get_head' };
  const ways: ((id: string) => Promise<Response>)[] = [
    (id) => fetch(`${node.url}/chains/${id}/rpc/get_head`),
    (id) => fetch(`${node.url}/chains/${id}`),
    (id) => fetch(`${node.url}/rpc/get_block/latest`, { headers: { 'x-chain-id': id } }),
    (id) => fetch(`${node.url}/rpc/accounts/${wallet.address}?chain_id=${id}`),
    (id) => post(`${node.url}/chains/${id}/rpc/send_tx?wait=final`, valid),
    (id) => post(`${node.url}/rpc/send_txs`, { transactions: [valid] }, { 'x-chain-id': id }),
    (id) => fetch(`${node.url}/chains/${id}/events?topics=new_blocks`),
    (id) => fetch(`${node.url}/rpc/transactions?chain_id=${id}&limit=5`),
    (id) => post(`${node.url}/chains/${id}/rpc`, call),
  ];
  await getJson(`${node.url}/rpc/get_head`);
  const rows = await digestAtRest(node.persistDir);
  const before = files();

  const guess = () =>
    Array.from({ length: random.integer(1, 32) }, () => random.pick([...ALPHABET])).join('');
  const ids = Array.from({ length: GUESSES }, guess);
  let answered = 0;
  const worker = async (): Promise<void> => {
    for (let id = ids.pop(); id !== undefined; id = ids.pop()) {
      const way = ways[answered % ways.length] as (typeof ways)[number];
      answered += 1;
      const answer = (await (await way(id)).json()) as {
        code?: string;
        status?: number;
        error?: { data: unknown };
      };
      const problem = (answer.error?.data ?? answer) as { code: string; status: number };
      expect([problem.code, problem.status], `${way} for ${id}`).toEqual(['CHAIN_UNKNOWN', 404]);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(answered).toBe(GUESSES);

  expect(await digestNode(node.persistDir)).toEqual(rows);
  expect(files()).toEqual(before);
});

test('a socket to a guessed chain is refused', async () => {
  for (const id of ['nobody', 'x', 'guessed-chain-7']) {
    const socket = new WebSocket(`${node.wsUrl.replace(/\/ws$/, '')}/chains/${id}/ws`);
    const opened = await new Promise((resolve) => {
      socket.addEventListener('open', () => resolve(true), { once: true });
      socket.addEventListener('error', () => resolve(false), { once: true });
    });
    expect(opened, id).toBe(false);
  }
  expect(await getJson(`${node.url}/chains`)).toMatchObject({ chains: [{ chain_id: 'test' }] });
});
