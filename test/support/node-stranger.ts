/**
 * @module A node that is only a key: it speaks the protocol among nodes over plain HTTP, truly or not. What it answers at its
 * own address is up to the test.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Exchange } from '../../shared/api/network-views.ts';
import { CAPABILITIES } from '../../shared/api/p2p/capabilities.ts';
import {
  ENVELOPE_HEADER,
  type Envelope,
  envelopeFromHeader,
  envelopeToHeader,
  sealEnvelope,
} from '../../shared/api/p2p/envelope.ts';
import {
  nodeIdOf,
  PEER_RECORD_TTL_MS,
  type PeerRecord,
  sealPeerRecord,
} from '../../shared/api/p2p/peer-record.ts';
import { nativeSigner } from '../../shared/native/verifier.ts';
import { sha256Hex } from '../../shared/protocol/crypto/hashing.ts';
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import { consensusKeyFromBytes, parseConsensusKey } from '../../shared/protocol/primitives/consensus-key.ts';
import { ZERO_HASH } from '../../shared/protocol/primitives/hash.ts';

/** Whom a stranger calls. */
export interface Callee {
  readonly url: string;
  readonly nodeKey: string;
}

/** One request, ready to be sent any number of times. */
export interface SignedRequest {
  readonly path: string;
  readonly method: 'PUT' | 'POST';
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly code: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly envelope: string | null;
}

type Call = 'join' | 'leave' | 'sync' | 'broadcast';
const PATHS = {
  join: ['PUT', '/api/v1/network/join'],
  leave: ['PUT', '/api/v1/network/leave'],
  sync: ['POST', '/api/v1/sync'],
  broadcast: ['PUT', '/api/v1/broadcast'],
} as const;

export class NodeStranger {
  readonly signer: Signer = nativeSigner(Uint8Array.from(randomBytes(32)));
  readonly nodeKey: ConsensusKey = consensusKeyFromBytes(this.signer.publicKey);
  readonly nodeId = nodeIdOf(this.nodeKey);
  /** Where it says it is. */
  url: string;
  #server: Server | null = null;

  constructor(url = 'http://127.0.0.1:9') {
    this.url = url;
  }

  record(change: Partial<PeerRecord> = {}): string {
    const seq = change.seq ?? Date.now();
    const record: PeerRecord = {
      nodeKey: this.nodeKey,
      url: this.url,
      seq,
      expiresMs: seq + PEER_RECORD_TTL_MS,
      name: 'stranger',
      version: 1,
      capabilities: CAPABILITIES,
      consensusKey: null,
      ...change,
    };
    return toHex(sealPeerRecord(record, this.signer, null));
  }

  exchange(change: Partial<PeerRecord> = {}): Exchange {
    return { record: this.record(change), chains: [] };
  }

  /** A signed request; `envelope` changes what is signed, and `signer` who signs. */
  request(
    call: Call,
    to: string,
    body: unknown,
    envelope: Partial<Envelope> = {},
    signer: Signer = this.signer,
  ): SignedRequest {
    const text = JSON.stringify(body);
    const sealed = sealEnvelope(
      {
        from: this.nodeKey,
        to: parseConsensusKey(to),
        chain: null,
        channel: call,
        nonce: Uint8Array.from(randomBytes(16)),
        timeMs: Date.now(),
        bodyHash: sha256Hex(new TextEncoder().encode(text)),
        ...envelope,
      },
      ZERO_HASH,
      signer,
    );
    const [method, path] = PATHS[call];
    const headers = { 'content-type': 'application/json', [ENVELOPE_HEADER]: envelopeToHeader(sealed) };
    return { path, method, body: text, headers };
  }

  /** Makes a request and sends it once. */
  call(
    callee: Callee,
    call: Call,
    body: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Reply> {
    return send(callee.url, this.request(call, callee.nodeKey, body), headers);
  }

  join(callee: Callee, change: Partial<PeerRecord> = {}): Promise<Reply> {
    return this.call(callee, 'join', this.exchange(change));
  }

  /**
   * Listens at an address of its own and answers every exchange truly, with `answer` over it, signed by `as`. Returns the
   * requests that came, as paths. `serveOther` may answer a request instead, and says whether it does.
   */
  async listen(
    answer: () => Record<string, unknown> = () => ({}),
    as: Signer = this.signer,
    serveOther: (path: string, body: Uint8Array, response: ServerResponse) => boolean = () => false,
  ): Promise<string[]> {
    const paths: string[] = [];
    this.#server = createServer((request, response) => {
      const signed = envelopeFromHeader(request.headers[ENVELOPE_HEADER] as string | null);
      const chunks: Uint8Array[] = [];
      request.on('data', (chunk: Uint8Array) => chunks.push(chunk));
      request.on('end', () => {
        paths.push(`${request.method} ${request.url}`);
        if (serveOther(request.url ?? '', Uint8Array.from(Buffer.concat(chunks)), response)) return;
        if (signed === null) {
          response.writeHead(404).end();
          return;
        }
        const text = JSON.stringify({
          ...this.exchange(),
          peers: [],
          id: ZERO_HASH,
          relayed: false,
          ...answer(),
        });
        const envelope: Envelope = {
          from: consensusKeyFromBytes(as.publicKey),
          to: signed.envelope.from,
          chain: null,
          channel: 'answer',
          nonce: signed.envelope.nonce,
          timeMs: Date.now(),
          bodyHash: sha256Hex(new TextEncoder().encode(text)),
        };
        const header = envelopeToHeader(sealEnvelope(envelope, ZERO_HASH, as));
        response.writeHead(200, { 'content-type': 'application/json', [ENVELOPE_HEADER]: header }).end(text);
      });
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return paths;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise<void>((resolve) =>
      this.#server === null ? resolve() : this.#server.close(() => resolve()),
    );
    this.#server = null;
  }
}

/** Sends a request as it is. */
export async function send(
  url: string,
  request: SignedRequest,
  headers: Readonly<Record<string, string>> = {},
): Promise<Reply> {
  const { path, method, body } = request;
  const response = await fetch(url + path, { method, body, headers: { ...request.headers, ...headers } });
  const answer = (await response.json()) as Record<string, unknown>;
  const code = typeof answer.code === 'string' ? answer.code : '';
  return { status: response.status, code, body: answer, envelope: response.headers.get(ENVELOPE_HEADER) };
}
