/** @module Requests to the nodes of peers: the dial that opens a socket, and the frames that go without one. */
import {
  ENVELOPE_HEADER,
  envelopeFromHeader,
  envelopeToHeader,
  P2P_PATHS,
} from '../../../shared/api/p2p/envelope.ts';
import { encodeBatch } from '../../../shared/api/p2p/session-codec.ts';
import { sha256Hex } from '../../../shared/protocol/crypto/hashing.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import type { Handshake } from './handshake.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';
import type { RequestSlots } from './request-slots.ts';

/** The node of a peer. */
export interface PeerAddress {
  readonly peer: ConsensusKey;
  /** Base URL without a slash at its end. */
  readonly url: string;
}

/** `no_socket`: the peer, or something before it, answered and did not upgrade. `refused`: the peer does not know us. */
export type DialOutcome =
  | { readonly kind: 'open'; readonly socket: WebSocket; readonly confirm: Uint8Array }
  | { readonly kind: 'no_socket'; readonly status: number }
  | { readonly kind: 'refused'; readonly status: number };

/** Answers by which a peer's node itself says no; another way in would meet the same. */
const REFUSALS = [401, 403, 404, 429, 503];

export class OutgoingRequests {
  readonly #chainId: string;
  readonly #handshake: Handshake;
  readonly #slots: RequestSlots;

  constructor(chainId: string, handshake: Handshake, slots: RequestSlots) {
    this.#chainId = chainId;
    this.#handshake = handshake;
    this.#slots = slots;
  }

  /** Opens a socket. It is not accepted yet; `confirm` must be its first message. Throws when there is no answer. */
  async dial(address: PeerAddress, failures: number): Promise<DialOutcome> {
    return this.#slots.run(failures, async () => {
      // Signed when its turn has come: an envelope is good for seconds only.
      const { sealed, nonce } = this.#handshake.dial(address.peer);
      const headers = { upgrade: 'websocket', [ENVELOPE_HEADER]: envelopeToHeader(sealed) };
      const response = await this.#fetch(address, P2P_PATHS.consensus, { headers });
      const socket = response.webSocket;
      if (socket === null) {
        await response.body?.cancel();
        const { status } = response;
        return { kind: REFUSALS.includes(status) ? 'refused' : 'no_socket', status };
      }
      try {
        const hello = envelopeFromHeader(response.headers.get(ENVELOPE_HEADER));
        return { kind: 'open', socket, confirm: this.#handshake.confirm(address.peer, nonce, hello) };
      } catch (error) {
        socket.accept();
        socket.close(1008, 'handshake failed');
        throw error;
      }
    });
  }

  /** Sends frames in one request. Returns the status; 204 = taken. Throws when there is no answer. */
  async post(address: PeerAddress, frames: readonly Uint8Array[], failures: number): Promise<number> {
    return this.#slots.run(failures, async () => {
      const body = encodeBatch(frames);
      const sealed = this.#handshake.request(address.peer, sha256Hex(body));
      const headers = {
        'content-type': 'application/cbor',
        [ENVELOPE_HEADER]: envelopeToHeader(sealed),
      };
      const response = await this.#fetch(address, P2P_PATHS.frames, { method: 'POST', headers, body });
      await response.body?.cancel();
      return response.status;
    });
  }

  /** The time limit is for the answer's head only: a socket that has opened stays. */
  async #fetch(address: PeerAddress, path: string, init: RequestInit): Promise<Response> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new Error('the peer does not answer')), REQUEST_TIMEOUT_MS);
    try {
      const url = `${address.url}${path}?chain_id=${this.#chainId}`;
      return await fetch(url, { ...init, redirect: 'manual', signal: abort.signal });
    } finally {
      clearTimeout(timer);
    }
  }
}
