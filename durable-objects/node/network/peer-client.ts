/**
 * @module Requests of this node to others. Each is signed for its receiver, and each answer must be signed for this
 * request by the key that was meant: whoever answers at an address without its key has proved nothing.
 */
import type { NoticeMessage } from '../../../shared/api/network-views.ts';
import {
  ENVELOPE_HEADER,
  type Envelope,
  envelopeFromHeader,
  envelopeToHeader,
  isEnvelopeTrue,
  isTimely,
  NONCE_BYTES,
  sealEnvelope,
} from '../../../shared/api/p2p/envelope.ts';
import { EXCHANGE_BYTES_MAX } from '../../../shared/api/schemas/network.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import { errorText } from '../../../shared/observability/log.ts';
import { sha256Hex } from '../../../shared/protocol/crypto/hashing.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { equalBytes } from '../../../shared/protocol/primitives/bytes.ts';
import { ZERO_HASH } from '../../../shared/protocol/primitives/hash.ts';
import { boundedBody } from '../../runtime/bounded-body.ts';
import { RequestSlots } from '../../runtime/request-slots.ts';
import type { NodeIdentity } from './node-identity.ts';

/** How long another node may take to answer, from the dial to the last byte. */
export const PEER_TIMEOUT_MS = 5_000;

/** A node that is meant. */
export interface Target {
  readonly url: string;
  readonly nodeKey: ConsensusKey;
}

/** What came of a request. */
export type Outcome =
  | { readonly kind: 'answer'; readonly body: unknown }
  /** The node, or something before it, said no. `code` is that of a problem, or empty. */
  | { readonly kind: 'refused'; readonly status: number; readonly code: string; readonly detail: string }
  | { readonly kind: 'unreachable'; readonly detail: string }
  /** Somebody answered who did not show that he has the key. */
  | { readonly kind: 'unproven'; readonly detail: string };

type Call = 'join' | 'leave' | 'sync' | 'broadcast';
const ROUTES: Readonly<Record<Call, { readonly method: string; readonly path: string }>> = {
  join: { method: 'PUT', path: '/api/v1/network/join' },
  leave: { method: 'PUT', path: '/api/v1/network/leave' },
  sync: { method: 'POST', path: '/api/v1/sync' },
  broadcast: { method: 'PUT', path: '/api/v1/broadcast' },
};

interface Received {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

export class PeerClient {
  readonly #identity: NodeIdentity;
  readonly #allows: (url: string) => boolean;
  readonly #now: () => number;
  readonly #slots = new RequestSlots();

  constructor(identity: NodeIdentity, options: { allows(url: string): boolean; now(): number }) {
    this.#identity = identity;
    this.#allows = options.allows;
    this.#now = options.now;
  }

  /** Reads JSON of a public route. The answer is signed by nobody. */
  get(url: string, path: string, bytesMax: number = EXCHANGE_BYTES_MAX): Promise<Outcome> {
    return this.#slots.run(0, async () => {
      const received = await this.#fetch(url, path, { method: 'GET' }, bytesMax);
      if ('kind' in received) return received;
      return refusalOf(received) ?? answerOf(received.bytes);
    });
  }

  /** Sends a signed request. `failures` of the receiver: those who fail wait for the others. */
  call(target: Target, call: Call, body: object | NoticeMessage, failures: number): Promise<Outcome> {
    return this.#slots.run(failures, async () => {
      const bytes = new TextEncoder().encode(JSON.stringify(body));
      // Signed when its turn has come: an envelope is good for seconds only.
      const envelope: Envelope = {
        from: this.#identity.nodeKey,
        to: target.nodeKey,
        chain: null,
        channel: call,
        nonce: crypto.getRandomValues(new Uint8Array(NONCE_BYTES)),
        timeMs: this.#now(),
        bodyHash: sha256Hex(bytes),
      };
      const sealed = sealEnvelope(envelope, ZERO_HASH, this.#identity.signer);
      const headers = { 'content-type': 'application/json', [ENVELOPE_HEADER]: envelopeToHeader(sealed) };
      const { method, path } = ROUTES[call];
      const received = await this.#fetch(
        target.url,
        path,
        { method, headers, body: bytes },
        EXCHANGE_BYTES_MAX,
      );
      if ('kind' in received) return received;
      return refusalOf(received) ?? this.#provenAnswer(target, envelope, received);
    });
  }

  #provenAnswer(target: Target, request: Envelope, { headers, bytes }: Received): Outcome {
    const signed = envelopeFromHeader(headers.get(ENVELOPE_HEADER));
    const answer = signed?.envelope;
    const isProven =
      signed !== null &&
      answer !== undefined &&
      answer.from === target.nodeKey &&
      answer.to === this.#identity.nodeKey &&
      answer.chain === null &&
      answer.channel === 'answer' &&
      equalBytes(answer.nonce, request.nonce) &&
      answer.bodyHash === sha256Hex(bytes) &&
      isTimely(answer, this.#now()) &&
      isEnvelopeTrue(signed, ZERO_HASH, nativeVerifier);
    return isProven
      ? answerOf(bytes)
      : { kind: 'unproven', detail: 'the answer is not signed by the node that was asked' };
  }

  async #fetch(
    url: string,
    path: string,
    init: RequestInit,
    bytesMax: number,
  ): Promise<Received | Exclude<Outcome, { kind: 'answer' }>> {
    if (!this.#allows(url)) {
      return { kind: 'unreachable', detail: 'the address is private' };
    }
    try {
      const signal = AbortSignal.timeout(PEER_TIMEOUT_MS);
      const response = await fetch(url + path, { ...init, redirect: 'manual', signal });
      const bytes = await boundedBody(response, bytesMax);
      if (bytes === null) return { kind: 'unproven', detail: `the answer has more than ${bytesMax} bytes` };
      return { status: response.status, headers: response.headers, bytes };
    } catch (error) {
      return { kind: 'unreachable', detail: errorText(error) };
    }
  }
}

function answerOf(bytes: Uint8Array): Outcome {
  const body = parse(bytes);
  return body === undefined
    ? { kind: 'unproven', detail: 'the answer is not JSON' }
    : { kind: 'answer', body };
}

function refusalOf({ status, bytes }: Received): Outcome | null {
  if (status >= 200 && status < 300) return null;
  const problem = parse(bytes);
  const { code, detail } = (typeof problem === 'object' && problem !== null ? problem : {}) as {
    code?: unknown;
    detail?: unknown;
  };
  return { kind: 'refused', status, code: textOf(code, 64), detail: textOf(detail, 200) };
}

/** What another node says goes into logs and views: bounded, and without control characters. */
function textOf(value: unknown, lengthMax: number): string {
  return typeof value === 'string' ? value.replace(/\p{Cc}/gu, ' ').slice(0, lengthMax) : '';
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
