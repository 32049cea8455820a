/** @module Laws of the route table and of the document made from it. */
import { describe, expect, test } from 'vitest';
import { PROBLEMS, toProblem } from '../../../shared/api/problems.ts';
import type { RouteSpec } from '../../../shared/api/route-spec.ts';
import { operationId, ROUTES } from '../../../shared/api/routes.ts';
import { TransactionError } from '../../../shared/protocol/transaction/errors.ts';
import { openApiDocument, problemCodesOf } from '../../../workers/rpc/openapi-document.ts';

const routes: readonly RouteSpec[] = ROUTES;

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security: readonly unknown[];
  readonly parameters?: readonly { readonly in: string; readonly name: string }[];
  readonly responses: Readonly<Record<string, { readonly content?: Readonly<Record<string, unknown>> }>>;
}
const paths = openApiDocument().paths as Readonly<Record<string, Readonly<Record<string, Operation>>>>;
const operations = Object.values(paths).flatMap((path) => Object.values(path));

describe('the route table', () => {
  test('gives every method and path to one route', () => {
    const keys = routes.flatMap((route) =>
      [route.path, ...route.aliases].map((path) => `${route.method} ${path}`),
    );
    expect(new Set(keys).size).toBe(keys.length);
  });

  test('names routes in snake_case, each once', () => {
    const names = routes.map((route) => route.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z]+(_[a-z]+)*$/);
    expect(operationId('get_blocks_range')).toBe('getBlocksRange');
  });

  test('has the same path parameters in every alias', () => {
    const parametersOf = (path: string) => [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    for (const route of routes) {
      for (const path of [route.path, ...route.aliases]) {
        expect(parametersOf(path), path).toEqual(Object.keys(route.params?.shape ?? {}));
      }
    }
  });

  test.each([
    ['GET', '/rpc/get_head'],
    ['GET', '/rpc/head'],
    ['GET', '/rpc/height'],
    ['GET', '/rpc/get_block/{block_id}'],
    ['GET', '/rpc/blocks/{block_id}'],
    ['GET', '/rpc/blocks'],
    ['GET', '/rpc/blocks-range'],
    ['POST', '/rpc/send_tx'],
    ['POST', '/rpc/transaction'],
    ['POST', '/rpc/sendTx'],
    ['POST', '/rpc/send_txs'],
    ['GET', '/rpc/transaction/{hash}'],
    ['GET', '/rpc/transactions/{hash}'],
    ['GET', '/rpc/transactions'],
    ['GET', '/rpc/get_balance/{address}'],
    ['GET', '/rpc/accounts/{address}'],
    ['GET', '/rpc/mempool'],
    ['POST', '/rpc/estimate_fee'],
    ['GET', '/rpc/genesis'],
    ['GET', '/rpc/info'],
    ['GET', '/rpc/messages'],
    ['GET', '/sync_status'],
    ['GET', '/health'],
    ['GET', '/livez'],
    ['GET', '/readyz'],
    ['GET', '/metrics'],
    ['GET', '/api/v1/blockchain/'],
    ['POST', '/api/v1/transaction/create/'],
    ['GET', '/api/v1/transaction/transaction_pool/'],
    ['GET', '/ping/'],
    ['POST', '/chains'],
    ['GET', '/chains'],
    ['GET', '/chains/{chain_id}'],
  ])('has %s %s', (method, path) => {
    const route = routes.find(
      (each) => each.method === method && [each.path, ...each.aliases].includes(path),
    );
    expect(route).toBeDefined();
    expect(paths[path]?.[method.toLowerCase()]).toBeDefined();
  });
});

describe('the OpenAPI document', () => {
  test('has one operation id per path, with tag and summary', () => {
    const ids = operations.map((operation) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const operation of operations) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z0-9]*$/);
      expect(operation.summary).not.toBe('');
      expect(operation.tags).toHaveLength(1);
      expect(operation.security).toBeDefined();
    }
  });

  test('declares every parameter that a path has', () => {
    for (const [path, methods] of Object.entries(paths)) {
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
      for (const operation of Object.values(methods)) {
        const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
        expect(declared.map((parameter) => parameter.name)).toEqual(wanted);
      }
    }
  });

  test('documents the status of every code that a route may answer with', () => {
    for (const route of routes) {
      const operation = paths[route.path]?.[route.method.toLowerCase()];
      for (const code of problemCodesOf(route)) {
        expect(operation?.responses[String(PROBLEMS[code].status)], `${route.name} ${code}`).toBeDefined();
      }
    }
  });
});

describe('problems', () => {
  test('have a client or server error status and a title each', () => {
    for (const [code, spec] of Object.entries(PROBLEMS)) {
      expect(code).toMatch(/^[A-Z]+(_[A-Z]+)*$/);
      expect(spec.status).toBeGreaterThanOrEqual(400);
      expect(spec.status).toBeLessThan(600);
      expect(spec.title.length).toBeGreaterThan(5);
    }
  });

  test('hide what failed inside, and keep extra members from overwriting the fixed ones', () => {
    const problem = toProblem(
      { code: 'INTERNAL', detail: 'secret', extra: { code: 'X', height: 3 } },
      'request-1',
    );
    expect(JSON.stringify(problem)).not.toContain('secret');
    expect(problem).toMatchObject({ code: 'INTERNAL', status: 500, height: 3, request_id: 'request-1' });
  });

  test('know every code of the transaction rules', () => {
    const codes = [
      'TX_MALFORMED',
      'TX_TYPE_UNKNOWN',
      'TX_TYPE_INACTIVE',
      'TX_TOO_LARGE',
      'TX_PAYLOAD_INVALID',
      'TX_FEE_TOO_LOW',
      'TX_EXPIRED',
      'TX_VALID_UNTIL_TOO_FAR',
      'TX_BAD_KEY',
      'TX_BAD_SIGNATURE',
    ] as const;
    for (const code of codes) {
      expect(PROBLEMS).toHaveProperty(new TransactionError(code, '').code);
    }
  });
});
