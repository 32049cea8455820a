/** @module Every read and submission of the RPC, by every name it has, against a real node with a replica. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { submittedOf, transactionContentToWire } from '../../shared/api/convert.ts';
import type { RouteSpec } from '../../shared/api/route-spec.ts';
import { ROUTES } from '../../shared/api/routes.ts';
import { SEND_TXS_MAX } from '../../shared/api/schemas/transaction.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { signTransaction } from '../../shared/protocol/transaction/sign.ts';
import {
  expectProblem,
  get,
  type Json,
  ledgerCaughtUp,
  node,
  post,
  startRpcNode,
  stopRpcNode,
  transfer,
} from '../support/rpc.ts';

beforeAll(() => startRpcNode({ regions: ['weur'] }));
afterAll(stopRpcNode);

describe('a chain without a block', () => {
  test('shows empty lists, genesis as height 0 and zeros for unknown accounts', async () => {
    for (const path of ['/rpc/blocks', '/rpc/transactions', `/rpc/messages?address=0x${'00'.repeat(20)}`]) {
      const reply = await get(path);
      expect(reply.status, path).toBe(200);
      expect(reply.body).toMatchObject({ next_cursor: null, height: 0 });
    }
    expect((await get('/rpc/get_block/0')).body).toMatchObject({
      height: 0,
      hash: node.genesisHash,
      proposer: null,
    });
    const unknown = (await get(`/rpc/accounts/0x${'00'.repeat(20)}`)).body;
    expect(unknown).toMatchObject({ balance: '0', nonce: 0, pending_nonce: 0, exists: false });
    expectProblem(await get('/rpc/get_block/1'), 'BLOCK_UNKNOWN');
    expectProblem(await get(`/rpc/transaction/0x${'ab'.repeat(32)}`), 'TX_UNKNOWN');
  });
});

describe('a transfer', () => {
  let hash = '';
  let height = 0;

  test('is final when the answer says so, and the same bytes get the same answer', async () => {
    const body = transfer(0, { nonce: 0 });
    const first = await post('/rpc/send_tx?wait=final', body);
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({ status: 'final', receipt_status: 'OK', receipt_code: 0 });
    expect(first.headers.get('location')).toBe(first.body.status_url);
    hash = String(first.body.tx_hash);
    height = Number(first.body.height);
    await ledgerCaughtUp();
    const again = await post('/rpc/send_tx?wait=final', body);
    expect(again.status).toBe(200);
    expect(again.body).toEqual(first.body);
  });

  test('is found by hash, in its block, in lists, and in balances', async () => {
    const found = await get(`/rpc/transaction/${hash}`);
    expect(found.body).toMatchObject({
      tx_hash: hash,
      status: 'final',
      height,
      type: 'transfer',
      tx_index: 0,
    });
    expect(found.headers.get('etag')).toBe(`"${hash}"`);
    expect(found.headers.get('cache-control')).toContain('immutable');
    expect((await get(`/rpc/transaction/${hash}`, { 'if-none-match': `"${hash}"` })).status).toBe(304);
    const block = await get(`/rpc/get_block/${height}`);
    const transactions = block.body.transactions as Json[];
    expect(transactions[0]).toMatchObject({ tx_hash: hash, receipt: { status: 'OK' } });
    expect(block.body.certificate).toMatchObject({ height, block_hash: block.body.hash });
    expect((await get(`/rpc/get_block/${block.body.hash}`)).body).toEqual(block.body);
    expect((await get(`/rpc/get_block/${height}?include_tx=false`)).body.transactions).toBeUndefined();
    const sender = node.accounts[0]?.address;
    const list = await get(`/rpc/transactions?address=${sender}&type=transfer`);
    expect(list.body.transactions).toMatchObject([{ tx_hash: hash }]);
    expect((await get('/rpc/transactions?type=message')).body.transactions).toEqual([]);
    expect((await get(`/rpc/get_balance/${sender}`)).body).toMatchObject({ address: sender, nonce: 1 });
    const range = await get(`/rpc/blocks-range?start=1&end=${height}`);
    expect(range.body).toMatchObject({ success: true, count: height, next_start: null });
    expect((await get('/rpc/blocks')).body.blocks).toHaveLength(height);
  });

  test('says who answered, for which chain and height', async () => {
    const reply = await get(`/rpc/get_block/${height}`, { 'x-request-id': 'my-request-1' });
    expect(reply.headers.get('x-chain-id')).toBe(node.chainId);
    expect(reply.headers.get('x-genesis-hash')).toBe(node.genesisHash);
    expect(Number(reply.headers.get('x-chain-height'))).toBeGreaterThanOrEqual(height);
    expect(reply.headers.get('x-served-by')).toMatch(/^(primary|chain|replica;region=weur)$/);
    expect(reply.headers.get('x-request-id')).toBe('my-request-1');
    expect(reply.headers.get('access-control-allow-origin')).toBe('*');
    const pending = await post('/rpc/send_tx', transfer(1, { nonce: 0 }));
    expect(pending.status).toBe(202);
    expect(pending.headers.get('x-chain-height')).toMatch(/^\d+$/);
  });

  test('reads honour X-Min-Height and never answer from below', async () => {
    const head = await ledgerCaughtUp();
    const min = { 'x-min-height': String(head) };
    for (const path of ['/rpc/blocks', '/rpc/get_head', '/rpc/mempool', `/rpc/get_block/${head}`]) {
      const reply = await get(path, min);
      expect(reply.status, path).toBe(200);
      expect(Number(reply.headers.get('x-chain-height'))).toBeGreaterThanOrEqual(head);
    }
    const above = { 'x-min-height': String(head + 1_000) };
    for (const path of ['/rpc/blocks', '/rpc/get_head', `/rpc/accounts/${node.accounts[0]?.address}`]) {
      expectProblem(await get(path, above), 'MIN_HEIGHT');
    }
    expectProblem(await get('/rpc/get_head', { 'x-min-height': '-1' }), 'REQUEST_INVALID');
  });
});

describe('send_txs', () => {
  test('answers in order, and a refused entry stops no other', async () => {
    const transactions = [
      transfer(2, { nonce: 0 }),
      { type: 'transfer' },
      transfer(2, { nonce: 1 }),
      transfer(2, { nonce: 0, genesisHash: `0x${'11'.repeat(32)}` }),
    ];
    const { status, body } = await post('/rpc/send_txs?wait=final', { transactions });
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { status: 'final' },
      { error: { code: 'REQUEST_INVALID' } },
      { status: 'final' },
      { error: { code: 'TX_BAD_SIGNATURE' } },
    ]);
  });

  test(`takes ${SEND_TXS_MAX} transactions and not one more`, async () => {
    const transactions = Array.from({ length: SEND_TXS_MAX + 1 }, () => ({}));
    const atLimit = await post('/rpc/send_txs', { transactions: transactions.slice(1) });
    expect(atLimit.body.results).toHaveLength(SEND_TXS_MAX);
    expectProblem(await post('/rpc/send_txs', { transactions }), 'REQUEST_INVALID');
  });
});

describe('messages and fees', () => {
  test('a message reaches the inbox of its recipient', async () => {
    const [from, to] = [node.accounts[3], node.accounts[4]];
    const payload = { recipient: to?.address, content_type: 'text/plain', body: '0x6869' };
    const estimate = await post('/rpc/estimate_fee', { type: 'message', payload });
    expect(estimate.body).toMatchObject({ type: 'message', fee: expect.stringMatching(/^\d+$/) });
    const unsigned = {
      type: 1,
      nonce: 0,
      fee: BigInt(String(estimate.body.fee)),
      validUntil: 1_000,
      payload: { recipient: to?.address, contentType: 'text/plain', body: new Uint8Array([0x68, 0x69]) },
    };
    if (from === undefined) throw new Error('the node has ten accounts');
    const signed = signTransaction(unsigned, parseHash(node.genesisHash), from.signer, builtInTransactions);
    const sent = await post(
      '/rpc/send_tx?wait=final',
      submittedOf(transactionContentToWire(signed, builtInTransactions)),
    );
    expect(sent.body).toMatchObject({ status: 'final', receipt_status: 'OK' });
    const inbox = await get(`/rpc/messages?address=${to?.address}`, {
      'x-min-height': String(sent.body.height),
    });
    expect(inbox.body.messages).toMatchObject([
      { tx_hash: sent.body.tx_hash, sender: from.address, body: '0x6869' },
    ]);
    const outbox = await get(`/rpc/messages?address=${from.address}&box=sent`);
    expect(outbox.body.messages).toHaveLength(1);
    expect((await get(`/rpc/messages?address=${from.address}`)).body.messages).toEqual([]);
  });
});

describe('aliases', () => {
  const reads = (ROUTES as readonly RouteSpec[]).filter(
    (route) => route.method === 'GET' && route.aliases.length > 0,
  );
  const fill = (path: string) =>
    path
      .replace('{block_id}', '1')
      .replace('{address}', node.accounts[0]?.address ?? '')
      .replace('{hash}', `0x${'ab'.repeat(32)}`);

  test.each(reads.map((route) => [route.name, route] as const))(
    'of %s give what it gives',
    async (_, route) => {
      await ledgerCaughtUp();
      const canonical = await get(fill(route.path));
      for (const alias of route.aliases) {
        for (const path of route.scope === 'chain' ? [alias, `/chains/${node.chainId}${alias}`] : [alias]) {
          const reply = await get(fill(path));
          expect(reply.status, path).toBe(canonical.status);
          const strip = ({ instance: _i, request_id: _r, ...rest }: Json) => rest;
          expect(strip(reply.body), path).toEqual(strip(canonical.body));
        }
      }
    },
  );

  test('of send_tx and estimate_fee take what they take', async () => {
    for (const path of [
      '/rpc/transaction',
      '/rpc/sendTx',
      '/api/v1/transaction/create/',
      `/chains/${node.chainId}/rpc/send_tx`,
    ]) {
      expectProblem(await post(path, {}), 'REQUEST_INVALID');
      expectProblem(
        await post(path, transfer(0, { nonce: 0, genesisHash: `0x${'22'.repeat(32)}` })),
        'TX_BAD_SIGNATURE',
      );
    }
  });
});

describe('the chain of a request', () => {
  test('is chosen by path, header or query, and none means the default', async () => {
    const id = node.chainId;
    for (const reply of [
      await get('/rpc/get_head'),
      await get(`/chains/${id}/rpc/get_head`),
      await get(`/rpc/get_head?chain_id=${id}`),
      await get('/rpc/get_head', { 'x-chain-id': id }),
      await get('/chains/default/rpc/get_head'),
    ]) {
      expect(reply.body).toMatchObject({ chain_id: id });
    }
    expect((await get(`/chains/${id}`)).body).toMatchObject({ chain_id: id, status: 'RUNNING' });
    expect((await get('/chains')).body).toMatchObject({ count: 1 });
  });

  test('is refused when unknown, impossible or named twice differently', async () => {
    for (const path of [
      '/chains/nope/rpc/get_head',
      '/chains/..%2f/rpc/get_head',
      '/rpc/get_head?chain_id=A',
      '/chains/nope',
    ]) {
      const reply = await get(path);
      expect(['CHAIN_UNKNOWN', 'ROUTE_UNKNOWN', 'REQUEST_INVALID'], path).toContain(reply.body.code);
    }
    expectProblem(await get('/rpc/get_head?chain_id=nope'), 'CHAIN_UNKNOWN');
    expectProblem(await get('/rpc/get_head', { 'x-chain-id': 'nope' }), 'CHAIN_UNKNOWN');
    expectProblem(await get(`/chains/${node.chainId}/rpc/get_head?chain_id=other`), 'CHAIN_CONFLICT');
  });
});
