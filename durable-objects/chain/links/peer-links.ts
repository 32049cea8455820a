/**
 * @module The links of one chain to other nodes: one authenticated socket per working pair. Whom to speak to is the
 * caller's to say; who may speak to us, how much, and in what form, is kept here.
 */
import type { PeerFrame, PeerFrameKind } from '../../../shared/api/p2p/frame.ts';
import { decodeFrame, encodeFrame, frameKindOf } from '../../../shared/api/p2p/frame-codec.ts';
import { decodeBatch } from '../../../shared/api/p2p/session-codec.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import { RequestSlots } from '../../runtime/request-slots.ts';
import type { LocalKeys, ValidatorKeys } from '../validator-key.ts';
import { askedCost, classOf, costOf, isBulk } from './frame-class.ts';
import { Handshake } from './handshake.ts';
import { LINK_CLOSE } from './limits.ts';
import { LinkError } from './link-error.ts';
import { LinkCounters, type LinkStats } from './link-stats.ts';
import { type Payload, QueueSpace } from './outbound-queue.ts';
import { OutgoingRequests } from './outgoing-requests.ts';
import { type LinkContext, PeerLink } from './peer-link.ts';
import { PeerRecords } from './peer-records.ts';
import type { PeerRole } from './peer-role.ts';
import { Reception } from './reception.ts';
import { LINK_TAG, messageBytes, Session } from './session.ts';

/** What the links need of their chain. */
export interface PeerLinksDeps {
  readonly chainId: string;
  readonly genesisHash: HashHex;
  readonly keys: LocalKeys;
  /** Whether strangers are let in. */
  readonly isPublic: boolean;
  roleOf(peer: ConsensusKey): PeerRole;
  /** The own key by which a peer is spoken to. Only called when there is one. */
  selfFor(peer: ConsensusKey): ValidatorKeys;
  /** Base URL of a peer's node, where it is known. */
  urlOf(peer: ConsensusKey): string | undefined;
  readonly log: Logger;
  readonly ctx: DurableObjectState;
  /** Milliseconds of the clock. */
  now(): number;
  /** A frame of an authenticated peer, within its budget. Called synchronously; may call `send`. */
  onFrame(peer: ConsensusKey, frame: PeerFrame): void;
  /** A link to this peer is open: what is sent now goes out at once. */
  onConnected(peer: ConsensusKey): void;
  /** An attempt to reach the peer has failed, so many in a row. */
  onFailed(peer: ConsensusKey, failures: number): void;
  /** A frame was dropped unread: its sender, or all strangers together, had sent enough. */
  onOverBudget(): void;
  /** A peer has broken the rules of the link. */
  onBroken(peer: ConsensusKey, error: Error): void;
  /** A peer goes on sending far more than it may. */
  onFlood(peer: ConsensusKey): void;
}

/** The platform's code for a socket that ended without a close. */
const CLOSED_WITHOUT_CODE = 1006;

export class PeerLinks {
  readonly #deps: PeerLinksDeps;
  readonly #handshake: Handshake;
  readonly #slots = new RequestSlots();
  readonly #space = new QueueSpace();
  readonly #counters = new LinkCounters();
  readonly #records: PeerRecords;
  readonly #reception: Reception;
  readonly #sessions = new Map<WebSocket, Session>();
  /** A frame object that is sent to several peers is encoded once. */
  readonly #payloads = new WeakMap<PeerFrame, Payload>();
  /** Requests to the nodes of peers; whoever sends some shares the few places that there are. */
  readonly requests: OutgoingRequests;
  #lastActivityMs = 0;

  constructor(deps: PeerLinksDeps) {
    this.#deps = deps;
    this.#handshake = new Handshake(deps);
    this.requests = new OutgoingRequests(deps.chainId, this.#handshake, this.#slots, (peer) =>
      deps.selfFor(peer),
    );
    const context = this.#linkContext();
    this.#records = new PeerRecords({ ...deps, newLink: (peer) => new PeerLink(peer, context) });
    this.#reception = new Reception({
      ...deps,
      handshake: this.#handshake,
      records: this.#records,
      sessions: this.#sessions,
    });
    for (const socket of deps.ctx.getWebSockets(LINK_TAG)) this.#wake(socket);
  }

  /** Queues a frame, in a bounded queue, and opens the link when there is none. Throws CodecError beyond its limits. */
  send(peer: ConsensusKey, frame: PeerFrame): void {
    const { keys } = this.#deps;
    assert(peer !== keys.node?.consensusKey && peer !== keys.validator?.consensusKey, 'no link to itself');
    const link = this.#mayKeep(peer) ? this.#records.of(peer).link : null;
    if (link?.isReachable !== true) {
      this.#counters.count('undeliverable');
      return;
    }
    this.#lastActivityMs = this.#deps.now();
    link.send(this.#payload(frame));
  }

  /** Opens a link to a peer whose URL is known, and keeps it open until it is released or the chain is idle. */
  connect(peer: ConsensusKey): void {
    if (this.#deps.keys.node === null) return;
    this.#lastActivityMs = this.#deps.now();
    this.#records.of(peer).link.connect();
  }

  /** Closes the link to a peer, if there is one. */
  release(peer: ConsensusKey): void {
    this.#records.known(peer)?.link.closeIdle();
  }

  /** Frames by request to a peer that has no link to us: it wakes and calls. True when it took them. */
  async post(peer: ConsensusKey, frame: PeerFrame, failures: number): Promise<boolean> {
    const url = this.#deps.urlOf(peer);
    if (url === undefined) return false;
    this.#counters.count('requests');
    const status = await this.requests
      .post({ peer, url }, [this.#payload(frame).bytes], failures)
      .catch((error: unknown) => String(error));
    if (status === 204) return true;
    this.#counters.count('requests_failed');
    this.#deps.log.debug('a follower was not woken', { function: 'post', peer, status });
    return false;
  }

  /** Closes the link of a peer that broke the rules, and refuses it for a while unless it validates. */
  expel(peer: ConsensusKey, reason: string, code: number = LINK_CLOSE.badFrame): void {
    const record = this.#records.of(peer);
    this.#records.expel(peer);
    const error = new LinkError('LINK_RULE_BROKEN', reason);
    for (const session of this.#sessions.values()) {
      if (session.peer === peer && session.phase !== 'ended') record.link.fault(session, error, code);
    }
  }

  /** `ChainObject.fetch`: an upgrade of /p2p/consensus, or frames of /p2p/frames, authenticated by the Worker. */
  accept(request: Request): Response | Promise<Response> {
    const admitted = this.#reception.admit(request);
    if (admitted.status !== 200) return this.#refuse(admitted.status);
    const { envelope, self } = admitted;
    return envelope.channel === 'dial'
      ? this.#reception.greet(envelope, self)
      : this.#take(envelope.from, request);
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
    const { link } = this.#records.of(peer);
    if (!this.#mayKeep(peer)) {
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
    if (frame !== null) this.#deliver(peer, frame);
    link.acknowledge(session);
    link.flush();
  }

  /** `webSocketClose` of the object, with its code. */
  closed(socket: WebSocket, code: number = CLOSED_WITHOUT_CODE): void {
    const session = this.#sessions.get(socket) ?? Session.wake(socket);
    this.#sessions.delete(socket);
    // A hibernating socket answers a close only when told to. 1005 and 1006 stand for no code and cannot be sent.
    socket.close(code === 1005 || code === CLOSED_WITHOUT_CODE ? 1000 : code, '');
    if (session !== null) this.#records.of(session.peer).link.lost(session, code === LINK_CLOSE.idle);
  }

  /** `webSocketError` of the object. */
  error(socket: WebSocket): void {
    const session = this.#sessions.get(socket) ?? Session.wake(socket);
    this.#sessions.delete(socket);
    if (session !== null) this.#records.of(session.peer).link.lost(session, false);
  }

  /**
   * The chain is idle: every socket is closed, incoming ones too, so that both sides can sleep, and nobody is called
   * again until the next `send`. What was sent before still arrives; what waited is given up.
   */
  closeIdle(): void {
    for (const { link } of this.#records.all()) link.closeIdle();
  }

  /** True when no socket is open and none is sought: always so after `closeIdle`, until someone sends or calls. */
  get isQuiet(): boolean {
    return [...this.#records.all()].every(({ link }) => link.isQuiet);
  }

  /** When a frame last went either way or a link opened; 0 for never. */
  get lastActivityMs(): number {
    return this.#lastActivityMs;
  }

  /** Peers with an open link, in key order. */
  get connected(): readonly ConsensusKey[] {
    return [...this.#records.all()]
      .filter(({ link }) => link.isConnected)
      .map(({ link }) => link.peer)
      .sort();
  }

  isConnected(peer: ConsensusKey): boolean {
    return this.#records.known(peer)?.link.isConnected === true;
  }

  get stats(): LinkStats {
    return this.#counters.read({
      connected: this.connected.length,
      queued_bytes: this.#space.bytes,
      requests_waiting: this.#slots.taken,
    });
  }

  #mayKeep(peer: ConsensusKey): boolean {
    return this.#deps.isPublic || this.#deps.roleOf(peer) !== 'stranger';
  }

  #linkContext(): LinkContext {
    const deps = this.#deps;
    return {
      requests: this.requests,
      space: this.#space,
      counters: this.#counters,
      log: deps.log,
      now: () => deps.now(),
      opened: (session) => this.#listen(session),
      // Whoever follows through us calls us.
      urlOf: (peer) => (deps.roleOf(peer) === 'stranger' ? undefined : deps.urlOf(peer)),
      onConnected: (peer) => {
        this.#lastActivityMs = deps.now();
        deps.onConnected(peer);
      },
      onFailed: (peer, failures) => deps.onFailed(peer, failures),
    };
  }

  #payload(frame: PeerFrame): Payload {
    const known = this.#payloads.get(frame);
    if (known !== undefined) return known;
    const payload = { bytes: encodeFrame(frame), isBulk: isBulk(frame) };
    this.#payloads.set(frame, payload);
    return payload;
  }

  #refuse(status: number): Response {
    this.#counters.count('refused');
    return new Response(null, { status });
  }

  /** Frames of a request. All are read before the first counts. */
  async #take(peer: ConsensusKey, request: Request): Promise<Response> {
    const body = new Uint8Array(await request.arrayBuffer());
    let frames: readonly { readonly bytes: Uint8Array; readonly frame: PeerFrame }[];
    try {
      frames = decodeBatch(body).map((bytes) => ({ bytes, frame: decodeFrame(bytes) }));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#counters.count('bad_frames');
      this.#broken(peer, error);
      return this.#refuse(400);
    }
    for (const { bytes, frame } of frames) {
      if (this.#affords(peer, frame.kind, costOf(bytes.length))) this.#deliver(peer, frame);
    }
    return new Response(null, { status: 204 });
  }

  /**
   * The frame of a message; null for one that carries none, or more than the peer may send: that is not decoded. A peer
   * that breaks the rules loses its socket.
   */
  #read(session: Session, link: PeerLink, data: ArrayBuffer | string): PeerFrame | null | 'bad' {
    try {
      const bytes = messageBytes(data);
      if (session.phase === 'greeted') {
        const pair = { from: session.peer, to: session.self };
        this.#handshake.checkConfirm(pair, session.challenge, bytes);
        session.prove(this.#deps.now());
        return null;
      }
      const payload = session.receive(bytes);
      if (payload === null) return null;
      const kind = frameKindOf(payload);
      if (kind !== null && !this.#affords(session.peer, kind, costOf(payload.length))) return null;
      return decodeFrame(payload);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      // Whoever fails the challenge need not be the one that the envelope named.
      if (session.phase !== 'greeted') this.#broken(session.peer, error);
      link.fault(session, error);
      return 'bad';
    }
  }

  /** A peer that has proved itself sent what no honest node sends. */
  #broken(peer: ConsensusKey, error: Error): void {
    this.#records.expel(peer);
    this.#deps.onBroken(peer, error);
  }

  /** Whether the peer's budget has room for work of this kind. Whoever is far beyond it floods, and loses its link. */
  #affords(peer: ConsensusKey, kind: PeerFrameKind, cost: number, isFrame = true): boolean {
    const frameClass = classOf(kind);
    const verdict = this.#records.take(peer, frameClass, cost, isFrame);
    if (verdict === 'taken') return true;
    this.#counters.droppedIn(frameClass);
    this.#deps.onOverBudget();
    if (verdict === 'flood') this.#flooded(peer);
    return false;
  }

  /** A validator keeps its link, whatever else it sends: its votes count. */
  #flooded(peer: ConsensusKey): void {
    const { roleOf, onFlood } = this.#deps;
    if (roleOf(peer) !== 'validator') this.expel(peer, 'more than it may send', LINK_CLOSE.flood);
    if (this.#records.floods(peer)) onFlood(peer);
  }

  /** Hands a frame to the chain, unless what it asks for is more than its sender may cause. */
  #deliver(peer: ConsensusKey, frame: PeerFrame): void {
    const asked = askedCost(frame);
    if (asked > 0 && !this.#affords(peer, frame.kind, asked, false)) return;
    this.#counters.count('frames_in');
    this.#lastActivityMs = this.#deps.now();
    this.#deps.onFrame(peer, frame);
  }

  /** A socket of an earlier life of the object. */
  #wake(socket: WebSocket): Session | null {
    const session = Session.wake(socket);
    if (session === null) return null;
    this.#sessions.set(socket, session);
    if (session.phase === 'open') this.#records.of(session.peer).link.resume(session);
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
