/**
 * @module One socket with one peer: who it is, the numbers of its messages, and what is under way. What must outlive a
 * sleep of the object stands in the attachment of the socket.
 */
import {
  decodeSessionMessage,
  encodeSessionMessage,
  SESSION_MESSAGE_BYTES_MAX,
} from '../../../shared/api/p2p/session-codec.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { ACK_BYTES, ACK_MESSAGES, STALL_MS, WINDOW_BYTES } from './limits.ts';
import { LinkError } from './link-error.ts';

/**
 * `greeted`: the peer has our challenge and must still answer it. `retired`: another socket with the same peer is used;
 * this one is only read. `closing`: closed from here, read until the peer has closed it, too. `ended`: closed, and what
 * still comes counts for nothing.
 */
export type SessionPhase = 'greeted' | 'open' | 'retired' | 'closing' | 'ended';

/** What a session is made of; plain values, so that a socket can carry them through a sleep. */
export interface SessionRecord {
  readonly peer: ConsensusKey;
  /** The own key that the peer knows this end by. */
  readonly self: ConsensusKey;
  readonly openedBy: 'self' | 'peer';
  /** What the peer must sign to prove itself; 0x-hex. */
  readonly challenge: string;
  readonly phase: SessionPhase;
  readonly openedMs: number;
  /** Number of the last message sent, and of the last received. */
  readonly sent: number;
  readonly received: number;
}

/** Marks the sockets of links among those of the object. */
export const LINK_TAG = 'peer-link';
/** The marker of our attachments, should a socket of another kind meet this code. */
const RECORD_KIND = 'peer-link/2';

export class Session {
  readonly socket: WebSocket;
  readonly peer: ConsensusKey;
  readonly self: ConsensusKey;
  readonly openedBy: 'self' | 'peer';
  readonly challenge: string;
  #phase: SessionPhase;
  #openedMs: number;
  #sent: number;
  #received: number;
  /** Bytes of each message that the peer has not acknowledged, from number `#acked + 1` on; 0 for a bare acknowledgement. */
  #underWay: number[] = [];
  #underWayBytes = 0;
  #underWayFrames = 0;
  #acked: number;
  /** Since when the peer owes an acknowledgement; null when it owes none. */
  #owedSinceMs: number | null = null;
  #unackedMessages = 0;
  #unackedBytes = 0;

  constructor(socket: WebSocket, record: SessionRecord) {
    this.socket = socket;
    this.peer = record.peer;
    this.self = record.self;
    this.openedBy = record.openedBy;
    this.challenge = record.challenge;
    this.#phase = record.phase;
    this.#openedMs = record.openedMs;
    this.#sent = record.sent;
    this.#received = record.received;
    // What was under way before a sleep was delivered or is lost with the socket; either way it is not waited for.
    this.#acked = record.sent;
    this.#save();
  }

  /** The session of a socket that slept; null for a socket that has none. */
  static wake(socket: WebSocket): Session | null {
    const attachment = socket.deserializeAttachment() as { kind?: unknown; record?: unknown } | null;
    if (attachment?.kind !== RECORD_KIND) return null;
    return new Session(socket, attachment.record as SessionRecord);
  }

  get phase(): SessionPhase {
    return this.#phase;
  }

  get openedMs(): number {
    return this.#openedMs;
  }

  /** The peer has proved itself at this time. */
  prove(nowMs: number): void {
    this.#phase = 'open';
    this.#openedMs = nowMs;
    this.#save();
  }

  /** Nothing is sent on it any more. */
  retire(): void {
    if (this.#phase === 'open') this.#phase = 'retired';
    this.#save();
  }

  /** Closes it; what a peer that proved itself has sent before it hears of that is still read. */
  close(code: number, reason: string): void {
    this.#close(this.#phase === 'greeted' ? 'ended' : 'closing', code, reason);
  }

  /** Closes it on a peer that broke the rules: nothing more is read. */
  end(code: number, reason: string): void {
    this.#close('ended', code, reason);
  }

  /** Sends a frame if the window has room for it. Throws what the platform throws for a socket that is gone. */
  offer(frame: Uint8Array, nowMs: number): boolean {
    if (this.#underWayBytes > 0 && this.#underWayBytes + frame.length > WINDOW_BYTES) return false;
    this.#send(frame, nowMs);
    return true;
  }

  /** Sends an acknowledgement of its own where enough has come in since the last message out. */
  acknowledge(nowMs: number): void {
    if (this.#phase !== 'open') return;
    if (this.#unackedMessages < ACK_MESSAGES && this.#unackedBytes < ACK_BYTES) return;
    this.#send(null, nowMs);
  }

  /** True when the peer has owed an acknowledgement for too long. */
  isStalled(nowMs: number): boolean {
    return this.#owedSinceMs !== null && nowMs - this.#owedSinceMs > STALL_MS;
  }

  /** The frame of a message, or null for a bare acknowledgement. Throws LinkError or CodecError. */
  receive(data: Uint8Array): Uint8Array | null {
    const { seq, ack, frame } = decodeSessionMessage(data);
    if (seq !== this.#received + 1) {
      throw new LinkError('LINK_SEQUENCE_BROKEN', `message ${seq} after ${this.#received}`, { seq });
    }
    if (ack > this.#sent) throw new LinkError('LINK_ACK_UNKNOWN', `message ${ack} was never sent`, { ack });
    this.#received = seq;
    this.#settle(ack);
    if (frame !== null) {
      this.#unackedMessages += 1;
      this.#unackedBytes += data.length;
    }
    this.#save();
    return frame;
  }

  #close(phase: 'closing' | 'ended', code: number, reason: string): void {
    const wasClosed = this.#phase === 'closing' || this.#phase === 'ended';
    if (this.#phase !== 'ended') this.#phase = phase;
    this.#save();
    if (!wasClosed) this.socket.close(code, reason);
  }

  #send(frame: Uint8Array | null, nowMs: number): void {
    const message = encodeSessionMessage({ seq: this.#sent + 1, ack: this.#received, frame });
    this.socket.send(message);
    this.#sent += 1;
    this.#unackedMessages = 0;
    this.#unackedBytes = 0;
    this.#underWay.push(frame === null ? 0 : message.length);
    if (frame !== null) {
      this.#underWayBytes += message.length;
      this.#underWayFrames += 1;
    }
    const isOwed = this.#underWayFrames >= ACK_MESSAGES || this.#underWayBytes >= ACK_BYTES;
    if (isOwed) this.#owedSinceMs ??= nowMs;
    this.#save();
  }

  #settle(ack: number): void {
    if (ack <= this.#acked) return;
    for (const bytes of this.#underWay.splice(0, ack - this.#acked)) {
      this.#underWayBytes -= bytes;
      if (bytes > 0) this.#underWayFrames -= 1;
    }
    this.#acked = ack;
    this.#owedSinceMs = null;
  }

  /** Outgoing sockets die with the object and need no memory of their own. */
  #save(): void {
    if (this.openedBy === 'self') return;
    const { peer, self, openedBy, challenge } = this;
    const record: SessionRecord = {
      peer,
      self,
      openedBy,
      challenge,
      phase: this.#phase,
      openedMs: this.#openedMs,
      sent: this.#sent,
      received: this.#received,
    };
    this.socket.serializeAttachment({ kind: RECORD_KIND, record });
  }
}

/** The bytes of a socket message, size checked. Throws LinkError. */
export function messageBytes(data: ArrayBuffer | string): Uint8Array {
  if (typeof data === 'string') throw new LinkError('LINK_TEXT_MESSAGE', 'links carry bytes, not text');
  if (data.byteLength <= SESSION_MESSAGE_BYTES_MAX) return new Uint8Array(data);
  throw new LinkError('LINK_MESSAGE_TOO_LARGE', `a message has at most ${SESSION_MESSAGE_BYTES_MAX} bytes`, {
    bytes: data.byteLength,
  });
}
