/** @module Blocks in memory, given like a node gives them: what a node that is to hold a chain for the bench syncs from. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  decodeBlocksRequest,
  encodeBlocksAnswer,
  RANGE_BYTES_FULL,
} from '../../shared/api/p2p/blocks-codec.ts';
import { P2P_PATHS } from '../../shared/api/p2p/envelope.ts';
import type { CertifiedBytes } from '../../shared/protocol/execution/linked-blocks.ts';

/** A server and where it is. */
export interface BlockServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** Serves `POST /p2p/blocks` to anyone, and nothing else: it has no links. */
export async function serveBlocks(blocks: readonly CertifiedBytes[]): Promise<BlockServer> {
  const server = createServer((request, response) => {
    if (request.url?.startsWith(P2P_PATHS.blocks) !== true) {
      response.writeHead(404).end();
      return;
    }
    const chunks: Uint8Array[] = [];
    request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    request.on('end', () => {
      const { from, to } = decodeBlocksRequest(Uint8Array.from(Buffer.concat(chunks)));
      response.writeHead(200, { 'content-type': 'application/cbor' }).end(answer(blocks, from, to));
    });
  });
  // A connection is closed by the one that opened it: an answer to a request that crosses a close is lost.
  server.keepAliveTimeout = 0;
  await listen(server);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function answer(blocks: readonly CertifiedBytes[], from: number, to: number): Uint8Array {
  const given: CertifiedBytes[] = [];
  let bytes = 0;
  for (const block of blocks.slice(from - 1, to)) {
    if (bytes >= RANGE_BYTES_FULL) break;
    bytes += block.body.length;
    given.push(block);
  }
  return encodeBlocksAnswer(given);
}
