/** @module The links of one chain to the nodes of its other validators: one authenticated socket per working pair. */
import {
  ENVELOPE_HEADER,
  type Envelope,
  envelopeFromHeader,
  envelopeToHeader,
} from '../../../shared/api/p2p/envelope.ts';
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import { decodeFrame, encodeFrame } from '../../../shared/api/p2p/frame-codec.ts';
import { decodeBatch } from '../../../shared/api/p2p/session-codec.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import type { ValidatorKeys } from '../validator-key.ts';
import { classOf, costOf, isBulk } from './frame-class.ts';
import { Handshake } from './handshake.ts';
import { InboundBudget } from './inbound-budget.ts';
import { LINK_CLOSE, UNPROVEN_MAX } from './limits.ts';
import { LinkCounters, type LinkStats } from './link-stats.ts';
import { type Payload, QueueSpace } from './outbound-queue.ts';
import { OutgoingRequests } from './outgoing-requests.ts';
import { type LinkContext, PeerLink } from './peer-link.ts';
import { RequestSlots } from './request-slots.ts';
import { messageBytes, Session } from './session.ts';

/** What the links need of their chain. */
export interface PeerLinksDeps {
  readonly chainId: string;
  readonly genesisHash: HashHex;
  readonly self: ValidatorKeys;
  /** Base URL of each validator's node. The own key may be among them and is passed over. */
  readonly peers: ReadonlyMap<ConsensusKey, string>;
  /** Whether the key is in a validator set that this chain listens to now. */
  isValidator(key: ConsensusKey): boolean;
  readonly log: Logger;
  readonly ctx: DurableObjectState;
  /** Milliseconds of the clock. */
  now(): number;
  /** A frame of an authenticated validator, within its budget. Called synchronously; may call `send`. */
  onFrame(peer: ConsensusKey, frame: PeerFrame): void;
  /** A link to this validator is open: what is sent now goes out at once. */
  onConnected(peer: ConsensusKey): void;
}

/** Marks the sockets of links among those of the object. */
const LINK_TAG = 'peer-link';
/** The platform's code for a socket that ended without a close. */
const CLOSED_WITHOUT_CODE = 1006;

/** What is remembered of a peer beside its link. */
interface PeerRecord {
  readonly link: PeerLink;
  readonly budget: InboundBudget;
  /** Time of the newest envelope of each channel: an older one has been seen or is too late. */
  readonly newestMs: Partial<Record<Envelope['channel'], number>>;
}

export class PeerLinks {
  readonly #deps: PeerLinksDeps;
  readonly #handshake: Handshake;
  readonly #slots = new RequestSlots();
  readonly #space = new QueueSpace();
  readonly #counters = new LinkCounters();
  readonly #context: LinkContext;
  readonly #peers = new Map<ConsensusKey, PeerRecord>();
  readonly #sessions = new Map<WebSocket, Session>();
  /** A frame object that is sent to several peers is encoded once. */
  readonly #payloads = new WeakMap<PeerFrame, Payload>();
  #lastActivityMs = 0;

  constructor(deps: PeerLinksDeps) {
    this.#deps = deps;
    this.#handshake = new Handshake(deps);
    this.#context = {
      self: deps.self.consensusKey,
      requests: new OutgoingRequests(deps.chainId, this.#handshake, this.#slots),
      space: this.#space,
      counters: this.#counters,
      log: deps.log,
      now: () => deps.now(),
      opened: (session) => this.#listen(session),
      onConnected: (peer) => {
        this.#lastActivityMs = deps.now();
        deps.onConnected(peer);
      },
    };
    for (const peer of deps.peers.keys()) if (peer !== deps.self.consensusKey) this.#peer(peer);
    for (const socket of deps.ctx.getWebSockets(LINK_TAG)) this.#wake(socket);
  }

  /** Queues a frame, in a bounded queue, and opens the link when there is none. Throws CodecError beyond its limits. */
  send(peer: ConsensusKey, frame: PeerFrame): void {
    assert(peer !== this.#deps.self.consensusKey, 'a node has no link to itself');
    const link = this.#deps.isValidator(peer) ? this.#peer(peer).link : null;
    if (link?.isReachable !== true) {
      this.#counters.count('undeliverable');
      return;
    }
    this.#lastActivityMs = this.#deps.now();
    link.send(this.#payload(frame));
  }

  /** Sends to every peer that is a validator. The frame is encoded once. Throws CodecError beyond its limits. */
  broadcast(frame: PeerFrame): void {
    for (const peer of this.#peers.keys()) if (this.#deps.isValidator(peer)) this.send(peer, frame);
  }

  /** `ChainObject.fetch`: an upgrade of /p2p/consensus, or frames of /p2p/frames, authenticated by the Worker. */
  accept(request: Request): Response | Promise<Response> {
    const signed = envelopeFromHeader(request.headers.get(ENVELOPE_HEADER));
    const channel = request.method === 'POST' ? 'frames' : 'dial';
    const envelope = signed?.envelope;
    if (envelope === undefined || !this.#isWelcome(envelope, channel)) return this.#refuse(401);
    const { budget, newestMs } = this.#peer(envelope.from);
    if (!budget.takeContact(channel === 'dial' ? 'dial' : 'request', this.#deps.now()))
      return this.#refuse(429);
    newestMs[channel] = envelope.timeMs;
    return channel === 'dial' ? this.#greet(envelope) : this.#take(envelope.from, request);
  }

  /** `webSocketMessage` of the object. */
  message(socket: WebSocket, data: ArrayBuffer | string): void {
    const session = this.#sessions.get(socket) ?? this.#wake(socket);
    if (session === null) {
      socket.close(LINK_CLOSE.refused, 'unknown socket');
      return;
    }
    if (session.phase === 'ended') return;
    const { peer } = session;
    const { link } = this.#peer(peer);
    if (!this.#deps.isValidator(peer)) {
      session.end(LINK_CLOSE.refused, 'not a validator');
      link.lost(session, true);
      return;
    }
    const isFirst = session.phase === 'greeted';
    const frame = this.#read(session, link, data);
    if (frame === 'bad') return;
    if (isFirst) {
      this.#counters.count('accepted');
      link.adopt(session);
      return;
    }
    if (frame !== null) this.#deliver(peer, frame, byteLengthOf(data));
    link.acknowledge(session);
    link.flush();
  }

  /** `webSocketClose` of the object, with its code. */
  closed(socket: WebSocket, code: number = CLOSED_WITHOUT_CODE): void {
    const session = this.#sessions.get(socket) ?? Session.wake(socket);
    this.#sessions.delete(socket);
    // A hibernating socket answers a close only when told to. 1005 and 1006 stand for no code and cannot be sent.
    socket.close(code === 1005 || code === CLOSED_WITHOUT_CODE ? 1000 : code, '');
    if (session !== null) this.#peer(session.peer).link.lost(session, code === LINK_CLOSE.idle);
  }

  /** `webSocketError` of the object. */
  error(socket: WebSocket): void {
    const session = this.#sessions.get(socket) ?? Session.wake(socket);
    this.#sessions.delete(socket);
    if (session !== null) this.#peer(session.peer).link.lost(session, false);
  }

  /**
   * The chain is idle: every socket is closed, incoming ones too, so that both sides can sleep, and nobody is called
   * again until the next `send`. What was sent before still arrives; what waited is given up.
   */
  closeIdle(): void {
    for (const { link } of this.#peers.values()) link.closeIdle();
  }

  /** True when no socket is open and none is sought: always so after `closeIdle`, until someone sends or calls. */
  get isQuiet(): boolean {
    return [...this.#peers.values()].every(({ link }) => link.isQuiet);
  }

  /** When a frame last went either way or a link opened; 0 for never. */
  get lastActivityMs(): number {
    return this.#lastActivityMs;
  }

  /** Validators with an open link, in key order. */
  get connected(): readonly ConsensusKey[] {
    return [...this.#peers]
      .filter(([, { link }]) => link.isConnected)
      .map(([peer]) => peer)
      .sort();
  }

  get stats(): LinkStats {
    return this.#counters.read({
      connected: this.connected.length,
      queued_bytes: this.#space.bytes,
      requests_waiting: this.#slots.taken,
    });
  }

  #peer(peer: ConsensusKey): PeerRecord {
    const known = this.#peers.get(peer);
    if (known !== undefined) return known;
    const link = new PeerLink(peer, this.#deps.peers.get(peer), this.#context);
    const record = { link, budget: new InboundBudget(this.#deps.now()), newestMs: {} };
    this.#peers.set(peer, record);
    return record;
  }

  #payload(frame: PeerFrame): Payload {
    const known = this.#payloads.get(frame);
    if (known !== undefined) return known;
    const payload = { bytes: encodeFrame(frame), isBulk: isBulk(frame) };
    this.#payloads.set(frame, payload);
    return payload;
  }

  /** The Worker has checked signature, time and chain; who may speak here, and that it is no repeat, is checked now. */
  #isWelcome(envelope: Envelope, channel: 'dial' | 'frames'): boolean {
    const { from, to, chain, timeMs } = envelope;
    const { self, chainId } = this.#deps;
    if (envelope.channel !== channel || chain !== chainId || to !== self.consensusKey) return false;
    if (from === self.consensusKey || !this.#deps.isValidator(from)) return false;
    return timeMs > (this.#peer(from).newestMs[channel] ?? 0);
  }

  #refuse(status: number): Response {
    this.#counters.count('refused');
    return new Response(null, { status });
  }

  /** Opens a socket to a dialler that has yet to answer the challenge. */
  #greet(dial: Envelope): Response {
    const { ctx } = this.#deps;
    const unproven = [...this.#sessions.values()].filter(
      ({ peer, phase }) => peer === dial.from && phase === 'greeted',
    );
    for (const session of unproven.slice(0, Math.max(0, unproven.length - UNPROVEN_MAX + 1))) {
      session.close(LINK_CLOSE.refused, 'no answer to the challenge');
    }
    const { 0: client, 1: server } = new WebSocketPair();
    ctx.acceptWebSocket(server, [LINK_TAG]);
    const { sealed, challenge } = this.#handshake.hello(dial);
    const session = new Session(server, {
      peer: dial.from,
      openedBy: 'peer',
      challenge,
      phase: 'greeted',
      openedMs: this.#deps.now(),
      sent: 0,
      received: 0,
    });
    this.#sessions.set(server, session);
    const headers = { [ENVELOPE_HEADER]: envelopeToHeader(sealed) };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** Frames of a request. All are read before the first counts. */
  async #take(peer: ConsensusKey, request: Request): Promise<Response> {
    const body = new Uint8Array(await request.arrayBuffer());
    let frames: readonly { frame: PeerFrame; byteLength: number }[];
    try {
      frames = decodeBatch(body).map((bytes) => ({ frame: decodeFrame(bytes), byteLength: bytes.length }));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#counters.count('bad_frames');
      return this.#refuse(400);
    }
    for (const { frame, byteLength } of frames) this.#deliver(peer, frame, byteLength);
    return new Response(null, { status: 204 });
  }

  /** The frame of a message; null for one that carries none. A peer that breaks the rules loses its socket. */
  #read(session: Session, link: PeerLink, data: ArrayBuffer | string): PeerFrame | null | 'bad' {
    try {
      const bytes = messageBytes(data);
      if (session.phase === 'greeted') {
        this.#handshake.checkConfirm(session.peer, session.challenge, bytes);
        session.prove(this.#deps.now());
        return null;
      }
      const payload = session.receive(bytes);
      return payload === null ? null : decodeFrame(payload);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      link.fault(session, error);
      return 'bad';
    }
  }

  /** Hands a frame to the chain if the peer's budget has room for it. */
  #deliver(peer: ConsensusKey, frame: PeerFrame, byteLength: number): void {
    const frameClass = classOf(frame);
    const { budget } = this.#peer(peer);
    if (!budget.takeFrame(frameClass, costOf(frame, byteLength), this.#deps.now())) {
      this.#counters.droppedIn(frameClass);
      return;
    }
    this.#counters.count('frames_in');
    this.#lastActivityMs = this.#deps.now();
    this.#deps.onFrame(peer, frame);
  }

  /** A socket of an earlier life of the object. */
  #wake(socket: WebSocket): Session | null {
    const session = Session.wake(socket);
    if (session === null) return null;
    this.#sessions.set(socket, session);
    if (session.phase === 'open') this.#peer(session.peer).link.resume(session);
    return session;
  }

  /** Sockets that this side opened have no handlers of the object. */
  #listen(session: Session): void {
    const { socket } = session;
    this.#sessions.set(socket, session);
    socket.addEventListener('message', ({ data }) => this.message(socket, data as ArrayBuffer | string));
    socket.addEventListener('close', ({ code }) => this.closed(socket, code));
    socket.addEventListener('error', () => this.error(socket));
  }
}

function byteLengthOf(data: ArrayBuffer | string): number {
  return typeof data === 'string' ? data.length : data.byteLength;
}
