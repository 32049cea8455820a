/** @module Dropping the ledger and draining it again gives the same rows. */
import { createHash } from 'node:crypto';
import { createClient } from '@libsql/client/web';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createClient as createNodeClient, createSigner } from '../../sdk/index.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { attempt } from '../support/objects.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
});
afterAll(() => node.stop());

const BLOCKS = 12;

/** Every row of every table, in order, as one hash; and how many blocks there are. */
async function ledgerHash(): Promise<{ blocks: number; hash: string }> {
  const client = createClient({ url: node.ledger?.primary ?? '', intMode: 'string' });
  const tables = await client.execute(
    "select name from sqlite_master where type = 'table' and name not like 'sqlite%' and name not like 'libsql%' and name not like '_litestream%' order by name",
  );
  const hash = createHash('sha256');
  for (const { name } of tables.rows) {
    const rows = await client.execute(`select * from "${String(name)}" order by 1, 2, 3`);
    const text = rows.rows.map((row) => rows.columns.map((column) => cell(row[column]))).sort();
    hash.update(`${String(name)}\n${JSON.stringify(text)}\n`);
  }
  const { rows } = await client.execute('select count(*) as n from blocks');
  client.close();
  return { blocks: Number(rows[0]?.n), hash: hash.digest('hex') };
}

function cell(value: unknown): string {
  return value instanceof ArrayBuffer ? Buffer.from(value).toString('hex') : String(value);
}

async function untilComplete(): Promise<{ blocks: number; hash: string }> {
  return attempt(async () => {
    const state = await ledgerHash();
    if (state.blocks !== BLOCKS) throw new Error(`${state.blocks} blocks in the ledger`);
    return state;
  });
}

async function rebuild(token: string): Promise<Response> {
  const url = `${node.url}/chains/${node.chainId}/ledger/rebuild`;
  return fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
}

it('rebuilds the ledger to the same rows, also when the rows were damaged, and only for the administrator', async () => {
  const [from, to] = node.accounts;
  const client = createNodeClient({ url: node.url, signer: createSigner(from?.privateKey ?? '') });
  for (let count = 0; count < BLOCKS; count += 1) {
    await (await client.send({ to: to?.address ?? '', amount: 1n })).wait('final');
  }
  const before = await untilComplete();

  expect((await rebuild('wrong-token-wrong-token')).status).toBe(401);
  expect(await ledgerHash()).toEqual(before);

  const sql = createClient({ url: node.ledger?.primary ?? '' });
  await sql.execute('delete from transactions where height = 3');
  sql.close();
  expect((await ledgerHash()).hash).not.toBe(before.hash);

  expect((await rebuild(node.adminToken)).ok).toBe(true);
  await attempt(async () => {
    expect(await ledgerHash()).toEqual(before);
  });
});

it('goes back to where a ledger was cut off behind its back', async () => {
  const before = await untilComplete();
  const sql = createClient({ url: node.ledger?.primary ?? '' });
  const tables = ['address_transactions', 'receipts', 'transactions', 'blocks'];
  await sql.batch(
    tables.map((table) => `delete from ${table} where height > 5`),
    'write',
  );
  sql.close();
  // A fresh connection compares the ledger's top with its cursor; the next block makes the drain look.
  await node.restart();
  const [from, to] = node.accounts;
  const client = createNodeClient({ url: node.url, signer: createSigner(from?.privateKey ?? '') });
  await (await client.send({ to: to?.address ?? '', amount: 1n })).wait('final');
  await attempt(async () => {
    expect((await ledgerHash()).blocks).toBe(before.blocks + 1);
    const reader = createClient({ url: node.ledger?.primary ?? '' });
    const { rows } = await reader.execute('select count(*) as n from transactions');
    reader.close();
    expect(Number(rows[0]?.n)).toBe(before.blocks + 1);
  });
});
