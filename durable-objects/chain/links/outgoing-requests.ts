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
import type { RequestSlots } from '../../runtime/request-slots.ts';
import type { ValidatorKeys } from '../validator-key.ts';
import type { Handshake } from './handshake.ts';
import { REQUEST_TIMEOUT_MS } from './limits.ts';

/** The node of a peer. */
export interface PeerAddress {
  readonly peer: ConsensusKey;
  /** Base URL without a slash at its end. */
  readonly url: string;
}

/** `no_socket`: the peer, or something before it, answered and did not upgrade. `refused`: the peer does not know us. */
export type DialOutcome =
  | {
      readonly kind: 'open';
      readonly socket: WebSocket;
      readonly confirm: Uint8Array;
      /** The own key that the peer was dialled with. */
      readonly self: ConsensusKey;
    }
  | { readonly kind: 'no_socket'; readonly status: number }
  | { readonly kind: 'refused'; readonly status: number };

/** Answers by which a peer's node itself says no; another way in would meet the same. */
const REFUSALS = [401, 403, 404, 429, 503];

export class OutgoingRequests {
  readonly #chainId: string;
  readonly #handshake: Handshake;
  readonly #slots: RequestSlots;
  readonly #selfFor: (peer: ConsensusKey) => ValidatorKeys;

  /** `selfFor` is the own key that a peer is spoken to with. */
  constructor(
    chainId: string,
    handshake: Handshake,
    slots: RequestSlots,
    selfFor: (peer: ConsensusKey) => ValidatorKeys,
  ) {
    this.#chainId = chainId;
    this.#handshake = handshake;
    this.#slots = slots;
    this.#selfFor = selfFor;
  }

  /** Opens a socket. It is not accepted yet; `confirm` must be its first message. Throws when there is no answer. */
  async dial(address: PeerAddress, failures: number): Promise<DialOutcome> {
    return this.#slots.run(failures, async () => {
      // Signed when its turn has come: an envelope is good for seconds only.
      const self = this.#selfFor(address.peer);
      const { sealed, nonce } = this.#handshake.dial(self, address.peer);
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
        const confirm = this.#handshake.confirm(self, address.peer, nonce, hello);
        return { kind: 'open', socket, confirm, self: self.consensusKey };
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
      const self = this.#selfFor(address.peer);
      const sealed = this.#handshake.request(self, address.peer, 'frames', sha256Hex(body));
      const headers = {
        'content-type': 'application/cbor',
        [ENVELOPE_HEADER]: envelopeToHeader(sealed),
      };
      const response = await this.#fetch(address, P2P_PATHS.frames, { method: 'POST', headers, body });
      await response.body?.cancel();
      return response.status;
    });
  }

  /**
   * Asks a node for final blocks: `exchange` runs once the request has its place, sends it when it calls `send`, and has
   * read the answer when it is done. Throws what `exchange` throws, and when there is no answer.
   */
  async blocks<T>(
    address: PeerAddress,
    request: Uint8Array<ArrayBuffer>,
    failures: number,
    exchange: (send: (signal: AbortSignal) => Promise<Response>) => Promise<T>,
  ): Promise<T> {
    return this.#slots.run(failures, () => {
      const self = this.#selfFor(address.peer);
      const sealed = this.#handshake.request(self, address.peer, 'blocks', sha256Hex(request));
      const headers = {
        'content-type': 'application/cbor',
        [ENVELOPE_HEADER]: envelopeToHeader(sealed),
      };
      const init = { method: 'POST', headers, body: request, redirect: 'manual' } as const;
      return exchange((signal) => fetch(this.#urlOf(address, P2P_PATHS.blocks), { ...init, signal }));
    });
  }

  /** Reads a public route of a node, as anybody may; `exchange` as in `blocks`. */
  async read<T>(
    url: string,
    exchange: (send: (signal: AbortSignal) => Promise<Response>) => Promise<T>,
  ): Promise<T> {
    return this.#slots.run(0, () => exchange((signal) => fetch(url, { redirect: 'manual', signal })));
  }

  /** The time limit is for the answer's head only: a socket that has opened stays. */
  async #fetch(address: PeerAddress, path: string, init: RequestInit): Promise<Response> {
    const abort = new AbortController();
    const timer = setTimeout(() => abort.abort(new Error('the peer does not answer')), REQUEST_TIMEOUT_MS);
    try {
      return await fetch(this.#urlOf(address, path), { ...init, redirect: 'manual', signal: abort.signal });
    } finally {
      clearTimeout(timer);
    }
  }

  #urlOf(address: PeerAddress, path: string): string {
    return `${address.url}${path}?chain_id=${this.#chainId}`;
  }
}
