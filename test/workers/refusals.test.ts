/** @module What a node refuses, and the code of each refusal; admin routes; wrong settings. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ProblemCode } from '../../shared/api/problems.ts';
import { BODY_BYTES_TX } from '../../shared/api/route-spec.ts';
import { genesisToJson } from '../../shared/protocol/genesis/document.ts';
import { JSON_DEPTH_MAX } from '../../workers/rpc/body.ts';
import {
  call,
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

beforeAll(() => startRpcNode());
afterAll(stopRpcNode);

describe('a refused transaction', () => {
  beforeAll(async () => {
    expect((await post('/rpc/send_tx?wait=final', transfer(0, { nonce: 0 }))).status).toBe(200);
    expect((await post('/rpc/send_tx?wait=final', transfer(0, { nonce: 1 }))).status).toBe(200);
  });
  const refusals: [ProblemCode, () => Json][] = [
    ['TX_BAD_SIGNATURE', () => ({ ...transfer(5, { nonce: 0 }), nonce: 1 })],
    ['TX_WRONG_CHAIN', () => ({ ...transfer(5, { nonce: 0 }), chain_id: 'other' })],
    ['TX_WRONG_CHAIN', () => ({ ...transfer(5, { nonce: 0 }), genesis_hash: `0x${'33'.repeat(32)}` })],
    ['TX_NONCE_TOO_LOW', () => transfer(0, { nonce: 0, amount: 77n })],
    ['TX_NONCE_TOO_FAR', () => transfer(5, { nonce: 1_000_000 })],
    ['TX_INSUFFICIENT_BALANCE', () => transfer(5, { nonce: 0, amount: 2n ** 60n })],
    ['TX_FEE_TOO_LOW', () => transfer(5, { nonce: 0, fee: 0n })],
    ['TX_EXPIRED', () => transfer(5, { nonce: 0, validUntil: 1 })],
    ['TX_VALID_UNTIL_TOO_FAR', () => transfer(5, { nonce: 0, validUntil: 10_000_000 })],
    ['TX_PAYLOAD_INVALID', () => transfer(5, { nonce: 0, amount: 0n })],
    ['TX_TYPE_UNKNOWN', () => ({ ...transfer(5, { nonce: 0 }), type: 'teleport' })],
    ['TX_TYPE_UNKNOWN', () => ({ ...transfer(5, { nonce: 0 }), type: 999 })],
    ['TX_PAYLOAD_INVALID', () => ({ ...transfer(5, { nonce: 0 }), type: 'stake', payload: { amount: '1' } })],
    [
      'TX_TYPE_INACTIVE',
      () => ({
        ...transfer(5, { nonce: 0 }),
        type: 'swap_refund',
        payload: { id: `0x${'44'.repeat(32)}` },
      }),
    ],
    ['TX_BAD_KEY', () => ({ ...transfer(5, { nonce: 0 }), public_key: `0x${'00'.repeat(32)}` })],
    ['REQUEST_INVALID', () => ({ ...transfer(5, { nonce: 0 }), memo: 'x' })],
    ['REQUEST_INVALID', () => ({ ...transfer(5, { nonce: 0 }), nonce: '0' })],
    ['REQUEST_INVALID', () => ({ ...transfer(5, { nonce: 0 }), fee: 100 })],
    ['REQUEST_INVALID', () => ({ ...transfer(5, { nonce: 0 }), fee: '9999999999999999999' })],
    ['REQUEST_INVALID', () => ({ ...transfer(5, { nonce: 0 }), signature: '0x' })],
    ['REQUEST_INVALID', () => ({ ...transfer(5, { nonce: 0 }), payload: { recipient: '0x1', amount: '1' } })],
  ];

  test.each(refusals)('is told %s', async (code, make) => {
    expectProblem(await post('/rpc/send_tx', make()), code);
  });

  test('carries a pointer to the wrong member', async () => {
    const reply = await post('/rpc/send_tx', { ...transfer(5, { nonce: 0 }), memo: 'x', fee: 1 });
    const pointers = (reply.body.errors as { pointer: string }[]).map((fault) => fault.pointer);
    expect(pointers.sort()).toEqual(['/body/fee', '/body/memo']);
  });

  test('is told that its replacement pays too little', async () => {
    const gap = transfer(6, { nonce: 5 });
    expect((await post('/rpc/send_tx', gap)).status).toBe(202);
    expectProblem(
      await post('/rpc/send_tx', transfer(6, { nonce: 5, fee: 10_001n })),
      'TX_REPLACEMENT_UNDERPRICED',
    );
    const pool = await get('/rpc/mempool?limit=1');
    expect(pool.body).toMatchObject({ count: 1, transactions: [{ status: 'pending', nonce: 5 }] });
    const pending = await get(`/rpc/transaction/${(pool.body.transactions as Json[])[0]?.tx_hash}`);
    expect(pending.body).toMatchObject({ status: 'pending', nonce: 5 });
    expectProblem(await get('/rpc/mempool?cursor=zzz'), 'CURSOR_INVALID');
    expectProblem(await get('/rpc/blocks?cursor=zzz'), 'CURSOR_INVALID');
  });
});

describe('a request that is wrong as HTTP', () => {
  test('gets the code of its fault', async () => {
    expectProblem(await get('/nope'), 'ROUTE_UNKNOWN');
    expectProblem(await post('/rpc/send_tx', '{'), 'JSON_INVALID');
    expectProblem(await post('/rpc/send_tx', ''), 'JSON_INVALID');
    expectProblem(
      await post('/rpc/send_tx', '{}', { 'content-type': 'text/plain' }),
      'CONTENT_TYPE_UNSUPPORTED',
    );
    expectProblem(await get('/rpc/blocks?limit=0'), 'REQUEST_INVALID');
    expectProblem(await get('/rpc/blocks?limit=101'), 'REQUEST_INVALID');
    expectProblem(await get('/rpc/blocks?limit=1e1'), 'REQUEST_INVALID');
    expectProblem(await get('/rpc/blocks?colour=red'), 'REQUEST_INVALID');
    expectProblem(await get('/rpc/blocks?limit=1&limit=2'), 'REQUEST_INVALID');
    expectProblem(await get('/rpc/get_balance/0xABC'), 'REQUEST_INVALID');
    expectProblem(await get('/rpc/get_block/first'), 'REQUEST_INVALID');
    expectProblem(await get('/rpc/blocks-range?start=5&end=4'), 'RANGE_INVALID');
    expectProblem(await get('/rpc/messages'), 'REQUEST_INVALID');
    expectProblem(await get('/ws'), 'UPGRADE_REQUIRED');
  });

  test('with the wrong method is told which ones there are', async () => {
    const reply = await get('/rpc/send_tx');
    expectProblem(reply, 'METHOD_NOT_ALLOWED');
    expect(reply.headers.get('allow')).toBe('POST, OPTIONS');
    expectProblem(await post('/rpc/get_head', {}), 'METHOD_NOT_ALLOWED');
  });

  test(`with a body of ${BODY_BYTES_TX} bytes is read, and of one more is not`, async () => {
    const padded = (length: number) => JSON.stringify({}).padEnd(length, ' ');
    expectProblem(await post('/rpc/send_tx', padded(BODY_BYTES_TX)), 'REQUEST_INVALID');
    expectProblem(await post('/rpc/send_tx', padded(BODY_BYTES_TX + 1)), 'BODY_TOO_LARGE');
    const stream = new Blob([padded(BODY_BYTES_TX + 1)]).stream();
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: stream,
      duplex: 'half',
    };
    expectProblem(await call('/rpc/send_tx', init as RequestInit), 'BODY_TOO_LARGE');
  });

  test(`nested ${JSON_DEPTH_MAX} deep is parsed, and one deeper is not`, async () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expectProblem(await post('/rpc/send_tx', nested(JSON_DEPTH_MAX)), 'REQUEST_INVALID');
    expectProblem(await post('/rpc/send_tx', nested(JSON_DEPTH_MAX + 1)), 'JSON_INVALID');
  });

  test('a preflight allows our headers and methods', async () => {
    const reply = await call('/rpc/send_tx', { method: 'OPTIONS' });
    expect(reply.status).toBe(204);
    expect(reply.headers.get('access-control-allow-headers')).toContain('X-Min-Height');
  });
});

describe('admin routes', () => {
  const bearer = () => ({ authorization: `Bearer ${node.adminToken}` });

  test('want the token before anything else', async () => {
    expectProblem(await post('/chains', '{'), 'UNAUTHORIZED');
    expectProblem(await post('/chains', {}, { authorization: 'Bearer wrong' }), 'UNAUTHORIZED');
    const rebuild = await post(`/chains/${node.chainId}/ledger/rebuild`, {});
    expectProblem(rebuild, 'UNAUTHORIZED');
    expect(rebuild.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('create a chain once and for all', async () => {
    const genesis = genesisToJson(node.genesis);
    const again = await post('/chains', genesis, bearer());
    expect(again.status).toBe(201);
    expect(again.headers.get('location')).toBe(`/chains/${node.chainId}`);
    expectProblem(
      await post('/chains', { ...genesis, time_ms: node.genesis.timeMs + 1 }, bearer()),
      'CHAIN_EXISTS',
    );
    expectProblem(await post('/chains', { chain_id: 'x' }, bearer()), 'GENESIS_INVALID');
    expectProblem(await post('/chains', { ...genesis, chain_id: 'rpc' }, bearer()), 'GENESIS_INVALID');
  });

  test('rebuild a ledger to the same answers', async () => {
    await ledgerCaughtUp();
    const before = await get('/rpc/blocks-range');
    expect((await post('/admin/ledger/rebuild', {}, bearer())).status).toBe(202);
    await ledgerCaughtUp();
    expect((await get('/rpc/blocks-range')).body.blocks).toEqual(before.body.blocks);
  });
});

describe('a node with wrong settings', () => {
  test('answers CONFIG_INVALID that names them all, except to /livez', async () => {
    await node.restart({ LOG_LEVEL: 'loud', EXPLORER_URL: 'nowhere' });
    expect((await get('/livez')).status).toBe(200);
    const reply = await get('/rpc/get_head');
    expectProblem(reply, 'CONFIG_INVALID');
    const pointers = (reply.body.errors as { pointer: string }[]).map((fault) => fault.pointer);
    expect(pointers.sort()).toEqual(['/settings/EXPLORER_URL', '/settings/LOG_LEVEL']);
    expectProblem(await get('/'), 'CONFIG_INVALID');
    await node.restart();
  });
});
