/** @module Blocks imported by hand: a chain rebuilt by a script, and every block that is not taken. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createChain } from '../../cli/admin.ts';
import { newKey } from '../../cli/keys.ts';
import type { BlockWire } from '../../shared/api/schemas/block.ts';
import type { ImportOutcomeWire } from '../../shared/api/schemas/sync.ts';
import { hashesOf, headOf, makeBlocks, syncStatus } from '../support/network-chain.ts';
import { startTestNode, type TestNode } from '../support/node.ts';
import { getJson, post, signedMessage, walletOf } from '../support/stranger.ts';

const run = promisify(execFile);
const SCRIPT = join(import.meta.dirname, '../support/pipe-blocks.mjs');
const HEIGHT = 24;

let source: TestNode;
let blocks: BlockWire[];
const started: TestNode[] = [];

/** A node that has the chain's genesis and nothing else: it knows nobody. */
async function freshNode(env: Readonly<Record<string, string>> = {}): Promise<TestNode> {
  const identity = { VALIDATOR_KEY: '', NODE_KEY: newKey().privateKey };
  const node = await startTestNode({ ledger: false, create: false, env: { ...identity, ...env } });
  started.push(node);
  const { url, adminToken } = node;
  await createChain({ url, adminToken, genesis: source.genesis });
  return node;
}

beforeAll(async () => {
  source = await startTestNode();
  started.push(source);
  await makeBlocks(source, HEIGHT - 1);
  const [, from, to] = source.accounts.map(({ address, publicKey, privateKey }) =>
    walletOf({ address, public_key: publicKey, private_key: privateKey }),
  );
  if (from === undefined || to === undefined) throw new Error('the chain has accounts');
  const text = new TextEncoder().encode('in a block of its own');
  const { body } = signedMessage(source.genesisHash, from, to.address, text, { nonce: 0 });
  await post(`${source.url}/rpc/send_tx?wait=final`, body);
  const range = `${source.url}/rpc/blocks-range?start=1&include_tx=true`;
  ({ blocks } = await getJson<{ blocks: BlockWire[] }>(range));
});
afterAll(() => Promise.all(started.map((node) => node.stop())));

const block = (height: number): BlockWire => {
  const found = blocks[height - 1];
  if (found === undefined) throw new Error(`no block ${height}`);
  return found;
};

async function importOf(
  node: TestNode,
  body: unknown,
): Promise<{ status: number; code: string; body: ImportOutcomeWire }> {
  const response = await post(`${node.url}/rpc/importBlock`, body);
  const answer = (await response.json()) as ImportOutcomeWire & { code?: string };
  return { status: response.status, code: answer.code ?? '', body: answer };
}

describe('POST /rpc/importBlock', () => {
  let fresh: TestNode;
  beforeAll(async () => {
    fresh = await freshNode();
  });

  it('rebuilds a chain from the blocks of another node, piped one by one by a script of ten lines', async () => {
    expect(blocks).toHaveLength(HEIGHT);
    const rebuilt = await freshNode();
    await run(process.execPath, [SCRIPT, source.url, rebuilt.url]);
    expect(await headOf(rebuilt)).toBe(HEIGHT);
    expect(await hashesOf(rebuilt, HEIGHT)).toEqual(blocks.map(({ hash }) => hash));
    expect(await syncStatus(rebuilt)).toMatchObject({ imported_total: HEIGHT, state: 'synced' });
    for (const { address } of source.accounts.slice(0, 3)) {
      const account = (node: TestNode) => getJson<object>(`${node.url}/rpc/account/${address}`);
      expect(await account(rebuilt)).toEqual(await account(source));
    }
    // The same script again: nothing is new, nothing is wrong.
    await run(process.execPath, [SCRIPT, source.url, rebuilt.url]);
    expect(await importOf(rebuilt, block(7))).toMatchObject({
      status: 200,
      body: { success: true, accepted: false, block_height: 7, block_hash: block(7).hash, reorged: false },
    });
    expect(await syncStatus(rebuilt)).toMatchObject({ imported_total: HEIGHT });
  });

  it('BLOCK_GAP: takes blocks in order alone', async () => {
    expect(await importOf(fresh, block(2))).toMatchObject({ status: 409, code: 'BLOCK_GAP' });
    expect(await importOf(fresh, block(1))).toMatchObject({ status: 200, body: { accepted: true } });
    expect(await importOf(fresh, block(4))).toMatchObject({
      status: 409,
      code: 'BLOCK_GAP',
      body: { expected_height: 2, head_height: 1 },
    });
    expect(await headOf(fresh)).toBe(1);
  });

  it('BLOCK_INVALID: takes no block of which anything was changed', async () => {
    const good = block(2);
    const [transaction] = good.transactions ?? [];
    const [one] = good.certificate?.signatures ?? [];
    if (transaction === undefined || one === undefined || good.certificate === null)
      throw new Error('a block');
    const forged: Readonly<Record<string, BlockWire>> = {
      hash: { ...good, hash: block(1).hash },
      header: { ...good, state_root: block(1).state_root },
      transactions: { ...good, transactions: [] },
      signature: { ...good, transactions: [{ ...transaction, signature: `0x${'00'.repeat(64)}` }] },
      certificate: {
        ...good,
        certificate: { ...good.certificate, signatures: [`0x${'00'.repeat(64)}`] },
      },
      certificate_of_another: { ...good, certificate: block(3).certificate },
      last_commit: { ...good, last_commit: block(3).last_commit },
      proposer: { ...good, proposer: transaction.public_key },
      evidence: { ...good, evidence: ['0x80'] },
    };
    for (const [what, body] of Object.entries(forged)) {
      expect(await importOf(fresh, body), what).toMatchObject({ status: 422, code: 'BLOCK_INVALID' });
    }
    const other = { ...good, chain_id: 'other' };
    expect(await importOf(fresh, other)).toMatchObject({ status: 422, code: 'BLOCK_INVALID' });
    expect(await headOf(fresh)).toBe(1);
    expect(await importOf(fresh, good)).toMatchObject({ status: 200, body: { accepted: true } });
  });

  it('REQUEST_INVALID: takes no block without its transactions or its certificate', async () => {
    const { transactions: _, ...summary } = block(1);
    expect(await importOf(source, summary)).toMatchObject({ status: 400, code: 'REQUEST_INVALID' });
    expect(await importOf(source, { ...block(1), certificate: null })).toMatchObject({
      code: 'REQUEST_INVALID',
    });
    expect(await importOf(source, 7)).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('BLOCK_CONFLICT: replaces nothing, and does not call a block that nobody certified a fork', async () => {
    const own = await makeOtherChain();
    // Another block of the same height whose certificate is of other validators: a conflict, and no evidence.
    const foreign = { ...own, chain_id: block(1).chain_id };
    expect(await importOf(fresh, foreign)).toMatchObject({ status: 409, code: 'BLOCK_CONFLICT' });
    expect(await syncStatus(fresh)).toMatchObject({ state: 'synced', divergence: null });
    expect(await hashesOf(fresh, 2)).toEqual([block(1).hash, block(2).hash]);
  });

  it('RATE_LIMITED: takes so many blocks a second from one source, and as many as come where there is no limit', async () => {
    const limited = await freshNode({ IMPORT_RATE: '5' });
    const codes = await Promise.all(
      Array.from({ length: 20 }, async () => (await importOf(limited, block(1))).status),
    );
    expect(codes.filter((status) => status === 200).length).toBeGreaterThanOrEqual(5);
    expect(codes.filter((status) => status === 429).length).toBeGreaterThan(0);
    await limited.restart({ IMPORT_RATE: '0' });
    const all = await Promise.all(
      Array.from({ length: 40 }, async () => (await importOf(limited, block(1))).status),
    );
    expect(all.every((status) => status === 200)).toBe(true);
  });
});

/** The first block of another chain. */
async function makeOtherChain(): Promise<BlockWire> {
  const other = await startTestNode({ ledger: false });
  started.push(other);
  await makeBlocks(other, 1);
  return await getJson<BlockWire>(`${other.url}/rpc/get_block/1`);
}
