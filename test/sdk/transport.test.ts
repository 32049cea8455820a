/** @module Laws of the SDK's HTTP: what is retried, what is thrown, and that reads never go back in time. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backoff } from '../../sdk/abort.ts';
import {
  GenesisChangedError,
  NetworkError,
  NotFoundError,
  TransactionRejectedError,
  UnavailableError,
} from '../../sdk/errors.ts';
import { ATTEMPTS_MAX, Transport } from '../../sdk/transport.ts';
import { type ProblemCode, toProblem } from '../../shared/api/problems.ts';

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body: string;
}
const json = (value: unknown, headers: Record<string, string> = {}): Reply => ({
  status: 200,
  headers,
  body: JSON.stringify(value),
});
const problem = (code: ProblemCode, headers: Record<string, string> = {}): Reply => {
  const body = toProblem({ code, detail: 'why' }, 'r');
  return { status: body.status, headers, body: JSON.stringify(body) };
};

let server: Server;
let url: string;
let replies: Reply[] = [];
let requests: IncomingMessage[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request);
    const reply = replies.shift() ?? { status: 500, body: 'no reply left' };
    request.resume();
    response.writeHead(reply.status, reply.headers).end(reply.body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  replies = [];
  requests = [];
});

const transport = (chainId?: string) =>
  new Transport({ url: `${url}/`, chainId, fetch: undefined, timeoutMs: undefined });

describe('a request', () => {
  it('names its chain in the path', async () => {
    replies = [json({ height: 1 })];
    await transport('alpha').get('/rpc/get_head', { query: { limit: 2, cursor: undefined } });
    expect(requests[0]?.url).toBe('/chains/alpha/rpc/get_head?limit=2');
  });

  it('asks for no older state than any answer has shown', async () => {
    replies = [json({}, { 'x-chain-height': '7' }), json({}, { 'x-chain-height': '5' }), json({})];
    const http = transport();
    for (let sent = 0; sent < 3; sent += 1) await http.get('/rpc/get_head');
    expect(requests.map((request) => request.headers['x-min-height'])).toEqual([undefined, '7', '7']);
  });

  it('is repeated while the node is busy, up to the limit', async () => {
    replies = Array.from({ length: ATTEMPTS_MAX }, () => problem('CHAIN_OVERLOADED'));
    await expect(transport().get('/rpc/get_head')).rejects.toBeInstanceOf(UnavailableError);
    expect(requests).toHaveLength(ATTEMPTS_MAX);
    replies = [problem('CHAIN_OVERLOADED'), json({ height: 1 })];
    await expect(transport().get('/rpc/get_head')).resolves.toEqual({ height: 1 });
  });

  it('is not repeated when it may have had an effect and nothing says that it is idempotent', async () => {
    replies = [problem('CHAIN_OVERLOADED')];
    await expect(transport().post('/rpc/x', {})).rejects.toBeInstanceOf(UnavailableError);
    expect(requests).toHaveLength(1);
  });

  it('is not repeated when the answer is final', async () => {
    replies = [problem('BLOCK_UNKNOWN')];
    await expect(transport().get('/rpc/get_block/9')).rejects.toBeInstanceOf(NotFoundError);
    expect(requests).toHaveLength(1);
  });

  it('does not wait longer than a few seconds for a node that asks it to', async () => {
    replies = [problem('RATE_LIMITED', { 'retry-after': '60' })];
    const error = await transport()
      .get('/rpc/get_head')
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'RATE_LIMITED', status: 429 });
    expect(requests).toHaveLength(1);
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    controller.abort(new Error('enough'));
    await expect(transport().get('/rpc/get_head', { signal: controller.signal })).rejects.toThrow('enough');
  });
});

describe('a failure', () => {
  it('carries the problem and its code', async () => {
    replies = [problem('TX_NONCE_TOO_LOW')];
    const error = await transport()
      .post('/rpc/send_tx', {})
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(TransactionRejectedError);
    expect(error).toMatchObject({ code: 'TX_NONCE_TOO_LOW', status: 409, problem: { detail: 'why' } });
  });

  it('that is no problem is a network error', async () => {
    replies = [{ status: 404, body: '<html>' }, json('x'), { status: 200, body: '<html>' }];
    await expect(transport().post('/a', {})).rejects.toBeInstanceOf(NetworkError);
    await transport().post('/b', {});
    await expect(transport().post('/c', {})).rejects.toMatchObject({ code: 'ANSWER_INVALID' });
  });

  it('to reach the node is a network error', async () => {
    const closed = new Transport({
      url: 'http://127.0.0.1:1',
      chainId: undefined,
      fetch: undefined,
      timeoutMs: 100,
    });
    await expect(closed.post('/rpc/x', {})).rejects.toMatchObject({ code: 'NETWORK_ERROR', status: 0 });
  });

  it('of identity is told: the url serves another chain than before', async () => {
    replies = [json({}, { 'x-genesis-hash': '0xaa' }), json({}, { 'x-genesis-hash': '0xbb' })];
    const http = transport();
    await http.get('/rpc/get_head');
    await expect(http.get('/rpc/get_head')).rejects.toBeInstanceOf(GenesisChangedError);
  });
});

describe('the pause between attempts', () => {
  it('doubles, stays within its bound and is never the same for all', () => {
    expect(backoff(0, 100, 1_000, 0)).toBe(50);
    expect(backoff(0, 100, 1_000, 1)).toBe(100);
    expect(backoff(3, 100, 1_000, 1)).toBe(800);
    expect(backoff(50, 100, 1_000, 1)).toBe(1_000);
  });
});
