/** @module A node whose ledger is gone: what still answers, and what says so. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestNode, type TestNode } from '../support/node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await startTestNode();
});
afterAll(async () => {
  await node?.stop();
});

async function get(
  path: string,
): Promise<{ status: number; body: Record<string, unknown>; servedBy: string | null }> {
  const response = await fetch(node.url + path);
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, body, servedBy: response.headers.get('x-served-by') };
}

test('blocks come from the chain, lists and readiness say that the ledger is away', async () => {
  expect((await get('/readyz')).status).toBe(200);
  await node.ledger?.stop();
  const ready = await get('/readyz');
  expect(ready.status).toBe(503);
  expect(ready.body).toMatchObject({
    status: 'not_ready',
    checks: { ledger: { status: 'failing' }, settings: { status: 'ok' } },
  });
  expect((await get('/livez')).status).toBe(200);
  expect(await get('/rpc/blocks-range')).toMatchObject({ status: 200, servedBy: 'chain' });
  expect(await get('/rpc/blocks')).toMatchObject({
    status: 503,
    body: { code: 'LEDGER_UNAVAILABLE', retryable: true },
  });
  expect(await get(`/rpc/transaction/0x${'ab'.repeat(32)}`)).toMatchObject({
    status: 503,
    body: { code: 'LEDGER_UNAVAILABLE' },
  });
});
