/** @module A node in the test's process that speaks the link protocol to a real node: honest frames, floods, and lies. */
import { type WebSocket as MiniflareSocket, fetch as upgrade } from 'miniflare';
import { Handshake } from '../../durable-objects/chain/links/handshake.ts';
import type { ValidatorKeys } from '../../durable-objects/chain/validator-key.ts';
import {
  ENVELOPE_HEADER,
  envelopeFromHeader,
  envelopeToHeader,
  P2P_PATHS,
} from '../../shared/api/p2p/envelope.ts';
import type { PeerFrame } from '../../shared/api/p2p/frame.ts';
import { decodeFrame, encodeFrame } from '../../shared/api/p2p/frame-codec.ts';
import {
  decodeSessionMessage,
  encodeBatch,
  encodeSessionMessage,
} from '../../shared/api/p2p/session-codec.ts';
import { sha256Hex } from '../../shared/protocol/crypto/hashing.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';

/** A chain on a node, and the key by which the node is meant. */
export interface Host {
  readonly url: string;
  readonly chainId: string;
  readonly genesisHash: string;
  readonly key: string;
}

export class Guest {
  readonly #host: Host;
  readonly #self: ValidatorKeys;
  readonly #handshake: Handshake;
  readonly received: PeerFrame[] = [];
  #socket: MiniflareSocket | null = null;
  #sent = 0;
  #heard = 0;
  #closed = Promise.withResolvers<number>();

  constructor(host: Host, self: ValidatorKeys) {
    this.#host = host;
    this.#self = self;
    const genesisHash = parseHash(host.genesisHash);
    this.#handshake = new Handshake({ chainId: host.chainId, genesisHash, now: () => Date.now() });
  }

  /** The code with which the node closed the link. */
  get closed(): Promise<number> {
    return this.#closed.promise;
  }

  /** Dials: the status of the answer; 101 is a link, proved unless `proves` is false. */
  async dial(proves = true): Promise<number> {
    const to = this.#host.key as ConsensusKey;
    const { sealed, nonce } = this.#handshake.dial(this.#self, to);
    const headers = { upgrade: 'websocket', [ENVELOPE_HEADER]: envelopeToHeader(sealed) };
    const response = await upgrade(this.#address(P2P_PATHS.consensus), { headers });
    const socket = response.webSocket;
    if (socket === null) {
      await response.arrayBuffer();
      return response.status;
    }
    const hello = envelopeFromHeader(response.headers.get(ENVELOPE_HEADER));
    const confirm = this.#handshake.confirm(this.#self, to, nonce, hello);
    this.#sent = 0;
    this.#heard = 0;
    this.#closed = Promise.withResolvers<number>();
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#hear(new Uint8Array(data as ArrayBuffer)));
    socket.addEventListener('close', ({ code }) => this.#closed.resolve(code));
    socket.accept();
    if (proves) socket.send(confirm.slice().buffer);
    return 101;
  }

  /** Sends a frame over the link, whatever the node has acknowledged. */
  send(frame: PeerFrame): void {
    this.sendEncoded(encodeFrame(frame));
  }

  sendEncoded(frame: Uint8Array): void {
    if (this.#socket === null) throw new Error('the guest has no link');
    this.#write(frame);
  }

  /** Sends frames by request: the status of the answer. */
  async post(...frames: PeerFrame[]): Promise<number> {
    const body = encodeBatch(frames.map(encodeFrame));
    const to = this.#host.key as ConsensusKey;
    const sealed = this.#handshake.request(this.#self, to, 'frames', sha256Hex(body));
    const headers = { [ENVELOPE_HEADER]: envelopeToHeader(sealed) };
    const response = await fetch(this.#address(P2P_PATHS.frames), { method: 'POST', headers, body });
    await response.arrayBuffer();
    return response.status;
  }

  close(): void {
    this.#socket?.close(1000, '');
    this.#socket = null;
  }

  #hear(message: Uint8Array): void {
    const { seq, frame } = decodeSessionMessage(message);
    this.#heard = seq;
    if (frame === null) return;
    this.received.push(decodeFrame(frame));
    // As a node does: it may have nothing else to say.
    if (this.received.length % 4 === 0) this.#write(null);
  }

  #write(frame: Uint8Array | null): void {
    this.#sent += 1;
    this.#socket?.send(encodeSessionMessage({ seq: this.#sent, ack: this.#heard, frame }));
  }

  #address(path: string): string {
    return `${this.#host.url}${path}?chain_id=${this.#host.chainId}`;
  }
}
