/** @module Real nodes that speak to each other, and proxies between them that delay, cut or refuse. */
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { validatorKeys } from '../../../durable-objects/chain/validator-key.ts';
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import { encodeFrame } from '../../../shared/api/p2p/frame-codec.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { startTestNode, type TestNode } from '../../support/node.ts';
import type { LinkState, NodeSetup } from './contract.ts';

/** Keys of two nodes; the first is the lower one. */
export const SEEDS = [1, 2, 3]
  .map((fill) => new Uint8Array(32).fill(fill))
  .sort((one, other) => (keysOf(one).consensusKey < keysOf(other).consensusKey ? -1 : 1));

export function keysOf(seed: Uint8Array | undefined) {
  const keys = validatorKeys(seed);
  assert(keys !== null, 'a seed has a key');
  return keys;
}

export interface LinkNode {
  readonly node: TestNode;
  readonly key: string;
  setup(setup: NodeSetup): Promise<void>;
  send(peer: string | null, ...frames: PeerFrame[]): Promise<void>;
  idle(): Promise<void>;
  /** Ends this life of the object. */
  forget(): Promise<void>;
  state(): Promise<LinkState>;
  /** Waits until the state is as asked; the last one is told when it never is. */
  until(what: string, holds: (state: LinkState) => boolean, timeoutMs?: number): Promise<LinkState>;
}

export async function startLinkNode(
  seed: Uint8Array | undefined,
  env: Readonly<Record<string, string>> = {},
): Promise<LinkNode> {
  assert(seed !== undefined, 'a node has a seed');
  const node = await startTestNode({
    entry: 'test/durable-objects/links/worker.ts',
    ledger: false,
    create: false,
    env: { VALIDATOR_KEY: toHex(seed), LOG_LEVEL: 'debug', ...env },
  });
  const post = async (path: string, body: unknown): Promise<void> => {
    const response = await fetch(node.url + path, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  };
  const state = async () => (await (await fetch(`${node.url}/test/state`)).json()) as LinkState;
  return {
    node,
    key: keysOf(seed).consensusKey,
    setup: (setup) => post('/test/setup', setup),
    send: (peer, ...frames) =>
      post('/test/send', { peer, frames: frames.map((frame) => toHex(encodeFrame(frame))) }),
    idle: () => post('/test/idle', null),
    forget: () => post('/test/forget', null),
    state,
    async until(what, holds, timeoutMs = 10_000) {
      const end = Date.now() + timeoutMs;
      for (;;) {
        const now = await state();
        if (holds(now)) return now;
        if (Date.now() > end) {
          const shown = JSON.stringify({ ...now, received: now.received.length });
          throw new Error(
            `not within ${timeoutMs} ms: ${what}\n${shown}\n${node.logs.slice(-10).join('\n')}`,
          );
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
  };
}

/** A frame that carries a number. */
export const tip = (height: number): PeerFrame => ({ kind: 'tip', height, certificate: null });
/** Its form among what a node received. */
export const hexOf = (frame: PeerFrame): string => toHex(encodeFrame(frame));
/** A frame of about so many bytes of transactions. */
export const transactions = (bytes: number): PeerFrame => ({
  kind: 'transactions',
  hops: 1,
  bornMs: 0,
  transactions: Array.from({ length: Math.ceil(bytes / 60_000) }, () => new Uint8Array(60_000)),
});

export interface Proxy {
  readonly url: string;
  /** Connections that were ever made, and those open now. */
  readonly counts: { total: number; open: number; most: number };
  stop(): Promise<void>;
}

const portOf = (address: AddressInfo | string | null): number => (address as AddressInfo).port;

/** Passes bytes to `target` after a delay at the start of each connection; without a target it never answers. */
export async function tcpProxy(target: string | null, delayMs = 0): Promise<Proxy> {
  const sockets = new Set<Socket>();
  const counts = { total: 0, open: 0, most: 0 };
  const server = createServer((inside) => {
    sockets.add(inside);
    counts.total += 1;
    counts.open += 1;
    // An aborted request and the one that takes its place may overlap for an instant.
    setTimeout(() => {
      counts.most = Math.max(counts.most, counts.open);
    }, 100);
    inside.on('error', () => inside.destroy());
    inside.on('close', () => {
      counts.open -= 1;
      sockets.delete(inside);
    });
    if (target === null) {
      inside.resume();
      return;
    }
    inside.pause();
    setTimeout(() => {
      const { hostname, port } = new URL(target);
      const outside = connect(Number(port), hostname);
      sockets.add(outside);
      outside.on('error', () => inside.destroy());
      outside.on('close', () => inside.destroy());
      inside.on('close', () => outside.destroy());
      inside.pipe(outside);
      outside.pipe(inside);
    }, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    counts,
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** A proxy of the kind that knows requests and no upgrades. */
export async function requestsOnlyProxy(target: string): Promise<Proxy> {
  const counts = { total: 0, open: 0, most: 0 };
  const server = createHttpServer(async (request, response) => {
    counts.total += 1;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = Object.entries(request.headers).filter(
      ([name]) => !['host', 'connection', 'content-length', 'transfer-encoding'].includes(name),
    );
    const answer = await fetch(target + request.url, {
      method: request.method ?? 'GET',
      headers: headers.map(([name, value]) => [name, String(value)] as [string, string]),
      body: Buffer.concat(chunks),
    });
    response.writeHead(answer.status).end(Buffer.from(await answer.arrayBuffer()));
  });
  server.on('upgrade', (_request, socket) => {
    socket.end('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${portOf(server.address())}`,
    counts,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
