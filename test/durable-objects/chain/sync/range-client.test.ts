/** @module How long another node may take over an answer with blocks, on real sockets. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ANSWER_GRACE_MS,
  ANSWER_HEAD_MS,
  ANSWER_TIMEOUT_MS,
} from '../../../../durable-objects/chain/sync/limits.ts';
import { type BlocksTransport, fetchRange } from '../../../../durable-objects/chain/sync/range-client.ts';
import { encodeBlocksAnswer } from '../../../../shared/api/p2p/blocks-codec.ts';

const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

/** What comes of a request to a node that answers so, and after how many milliseconds. */
async function ask(serve: RequestListener) {
  const server = createServer(serve);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport: BlocksTransport = {
    blocks: (address, body, _failures, exchange) =>
      exchange((signal) => fetch(address.url, { method: 'POST', body, signal })),
  };
  const began = Date.now();
  const answer = await fetchRange(transport, { node_key: 'a', url, failures: 0 }, { from: 1, to: 2 });
  return { answer, ms: Date.now() - began };
}

describe('an answer with blocks', () => {
  it('is read when it comes in time, also in pieces', async () => {
    const bytes = encodeBlocksAnswer([]);
    const { answer } = await ask((_, response) => {
      response.writeHead(200);
      for (const byte of bytes) response.write(Uint8Array.of(byte));
      response.end();
    });
    expect(answer).toEqual({ kind: 'blocks', blocks: [] });
  });

  it('is not given up for time in which this node did something else', async () => {
    const bytes = encodeBlocksAnswer([]);
    const { answer } = await ask((_, response) => {
      response.writeHead(200).flushHeaders();
      setTimeout(() => {
        const untilMs = Date.now() + ANSWER_GRACE_MS + 500;
        while (Date.now() < untilMs);
        setTimeout(() => response.end(bytes), 200);
      }, 300);
    });
    expect(answer).toEqual({ kind: 'blocks', blocks: [] });
  });

  it.concurrent('that does not begin is given up long before one that does', async () => {
    const { answer, ms } = await ask(() => undefined);
    expect(answer).toMatchObject({ kind: 'failed', offence: 'timeout' });
    expect(ms).toBeGreaterThan(ANSWER_HEAD_MS - 100);
    expect(ms).toBeLessThan(ANSWER_TIMEOUT_MS);
  });

  it.concurrent('that comes in crumbs is given up after its time of grace', async () => {
    const { answer, ms } = await ask((_, response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write(Uint8Array.of(0x80)), 200);
      response.on('close', () => clearInterval(timer));
    });
    expect(answer).toMatchObject({ kind: 'failed', offence: 'timeout' });
    expect(ms).toBeGreaterThan(ANSWER_GRACE_MS - 100);
    expect(ms).toBeLessThan(ANSWER_TIMEOUT_MS);
  });
});
