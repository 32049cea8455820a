/** @module JSON-RPC, documents and probes against a real node. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JSON_RPC_BATCH_MAX } from '../../workers/rpc/json-rpc-limits.ts';
import {
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

beforeAll(async () => {
  for (const nonce of [0, 1]) {
    expect((await post('/rpc/send_tx?wait=final', transfer(0, { nonce }))).status).toBe(200);
  }
});

describe('JSON-RPC', () => {
  const rpc = (body: unknown, headers = {}) => post('/rpc', body, headers);

  test('gives what the route gives', async () => {
    await ledgerCaughtUp();
    const address = node.accounts[0]?.address;
    for (const [method, params, path] of [
      ['get_head', undefined, '/rpc/get_head'],
      ['get_balance', { address }, `/rpc/get_balance/${address}`],
      ['get_balance', [address], `/rpc/get_balance/${address}`],
      ['get_block', { block_id: 1, include_tx: false }, '/rpc/get_block/1?include_tx=false'],
      ['get_blocks_range', { start: 1, end: 2 }, '/rpc/blocks-range?start=1&end=2'],
      ['get_head', { chain_id: node.chainId }, '/rpc/get_head'],
    ] as const) {
      const { body } = await rpc({ jsonrpc: '2.0', id: 1, method, params });
      expect(body, method).toEqual({ jsonrpc: '2.0', id: 1, result: (await get(path)).body });
    }
  });

  test('submits a transaction', async () => {
    const params = { ...transfer(7, { nonce: 0 }), wait: 'final' };
    const { body } = await rpc({ jsonrpc: '2.0', id: 'a', method: 'send_tx', params });
    expect(body).toMatchObject({ id: 'a', result: { status: 'final' } });
  });

  test('has the codes of its specification', async () => {
    const code = async (body: unknown) => ((await rpc(body)).body.error as Json | undefined)?.code;
    expect(await code('{')).toBe(-32_700);
    expect(await code({})).toBe(-32_600);
    expect(await code([])).toBe(-32_600);
    expect(await code({ jsonrpc: '2.0', id: {}, method: 'get_head' })).toBe(-32_600);
    expect(await code({ jsonrpc: '2.0', id: 1, method: 'nope' })).toBe(-32_601);
    expect(await code({ jsonrpc: '2.0', id: 1, method: 'metrics' })).toBe(-32_601);
    expect(await code({ jsonrpc: '2.0', id: 1, method: 'get_balance', params: { address: 'x' } })).toBe(
      -32_602,
    );
    expect(await code({ jsonrpc: '2.0', id: 1, method: 'get_head', params: { colour: 'red' } })).toBe(
      -32_602,
    );
    const unknown = await rpc({ jsonrpc: '2.0', id: 1, method: 'get_head', params: { chain_id: 'nope' } });
    expect(unknown.body.error).toMatchObject({ code: -32_000, data: { code: 'CHAIN_UNKNOWN' } });
    const admin = await rpc({ jsonrpc: '2.0', id: 1, method: 'create_chain', params: {} });
    expect(admin.body.error).toMatchObject({ code: -32_000, data: { code: 'UNAUTHORIZED' } });
  });

  test('answers nothing to notifications', async () => {
    expect((await rpc({ jsonrpc: '2.0', method: 'get_head' })).status).toBe(204);
    const { body } = await rpc([
      { jsonrpc: '2.0', method: 'get_head' },
      { jsonrpc: '2.0', id: 2, method: 'get_head' },
    ]);
    expect(body).toMatchObject([{ id: 2 }]);
  });

  test(`takes a batch of ${JSON_RPC_BATCH_MAX} and not one more`, async () => {
    const calls = Array.from({ length: JSON_RPC_BATCH_MAX + 1 }, (_, id) => ({
      jsonrpc: '2.0',
      id,
      method: 'nope',
    }));
    expect((await rpc(calls.slice(1))).body).toHaveLength(JSON_RPC_BATCH_MAX);
    expect((await rpc(calls)).body.error).toMatchObject({ data: { code: 'JSONRPC_BATCH_TOO_LARGE' } });
  });
});

describe('documents and probes', () => {
  test('the try-it page needs nothing from elsewhere', async () => {
    for (const path of ['/docs', '/api/v1/docs/']) {
      const page = await get(path);
      expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(String(page.body.text)).not.toMatch(/https?:\/\//);
    }
    expect(String((await get('/docs/swagger-ui-bundle.js')).body.text)).toContain('SwaggerUIBundle');
    expect((await get('/docs/swagger-ui.css')).headers.get('content-type')).toContain('text/css');
    expect((await get('/openapi.json')).body).toMatchObject({ openapi: '3.1.0' });
    expect((await get('/')).headers.get('location')).toBe('/docs');
  });

  test('probes and metrics tell the state of the node', async () => {
    expect((await get('/livez')).body).toMatchObject({ status: 'ok' });
    expect((await get('/readyz')).body).toMatchObject({
      status: 'ready',
      checks: { ledger: { status: 'ok' } },
    });
    expect((await get('/health')).body).toMatchObject({ status: 'ok', supported_chains: [node.chainId] });
    const text = String((await get('/metrics')).body.text);
    for (const name of [
      'blockchain_blocks_total',
      'blockchain_transactions_total',
      'blockchain_consensus_rounds',
      'blockchain_network_peers',
      'blockchain_head_height',
      'blockchain_mempool_size_transactions',
      'blockchain_outbox_lag_blocks',
      'blockchain_finality_seconds_bucket',
      'blockchain_rpc_requests_total',
      'blockchain_build_info',
      'blockchain_rpc_request_duration_seconds_count',
    ]) {
      expect(text, name).toMatch(new RegExp(`^${name}[ {]`, 'm'));
    }
  });
});
