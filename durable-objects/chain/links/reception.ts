/** @module Who may come in: the checks of an envelope that need the chain, the caps, and the greeting of a dialler. */
import {
  type ChainEnvelope,
  ENVELOPE_HEADER,
  type Envelope,
  envelopeFromHeader,
  envelopeToHeader,
} from '../../../shared/api/p2p/envelope.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import type { LocalKeys, ValidatorKeys } from '../validator-key.ts';
import type { Handshake } from './handshake.ts';
import { LINK_CLOSE, STRANGER_LINKS_MAX, UNPROVEN_MAX, UNPROVEN_MS } from './limits.ts';
import type { PeerRecords } from './peer-records.ts';
import type { PeerRole } from './peer-role.ts';
import { LINK_TAG, Session } from './session.ts';

export interface ReceptionDeps {
  readonly chainId: string;
  readonly keys: LocalKeys;
  readonly isPublic: boolean;
  readonly ctx: DurableObjectState;
  readonly handshake: Handshake;
  readonly records: PeerRecords;
  readonly sessions: Map<WebSocket, Session>;
  roleOf(peer: ConsensusKey): PeerRole;
  now(): number;
}

/** 200 with the envelope and the own key that it is for; 401: not for this node or of no use; 429: too much. */
export type Admission =
  | { readonly status: 200; readonly envelope: Envelope; readonly self: ValidatorKeys }
  | { readonly status: 401 | 429 };

export class Reception {
  readonly #deps: ReceptionDeps;

  constructor(deps: ReceptionDeps) {
    this.#deps = deps;
  }

  /** The Worker has checked signature, time and chain; who may speak here, and that it is no repeat, is checked now. */
  admit(request: Request): Admission {
    const { records, sessions, roleOf } = this.#deps;
    const envelope = envelopeFromHeader(request.headers.get(ENVELOPE_HEADER))?.envelope;
    const channel = request.method === 'POST' ? 'frames' : 'dial';
    const self = envelope === undefined ? null : this.#addressee(envelope);
    if (envelope === undefined || self === null || !this.#isWelcome(envelope, channel)) {
      return { status: 401 };
    }
    const { from, timeMs } = envelope;
    if (!records.takeContact(from, channel === 'dial' ? 'dial' : 'request')) return { status: 429 };
    if (channel === 'dial' && roleOf(from) === 'stranger' && !this.#hasRoomFor(from, sessions)) {
      return { status: 429 };
    }
    records.of(from).newestMs[channel] = timeMs;
    return { status: 200, envelope, self };
  }

  /** Opens a socket to a dialler that has yet to answer the challenge. */
  greet(dial: Envelope, self: ValidatorKeys): Response {
    const { ctx, handshake, sessions, now } = this.#deps;
    const unproven = [...sessions.values()].filter(
      ({ peer, phase }) => peer === dial.from && phase === 'greeted',
    );
    for (const session of unproven.slice(0, Math.max(0, unproven.length - UNPROVEN_MAX + 1))) {
      session.close(LINK_CLOSE.refused, 'no answer to the challenge');
    }
    const { 0: client, 1: server } = new WebSocketPair();
    ctx.acceptWebSocket(server, [LINK_TAG]);
    const { sealed, challenge } = handshake.hello(self, dial);
    const session = new Session(server, {
      peer: dial.from,
      self: self.consensusKey,
      openedBy: 'peer',
      challenge,
      phase: 'greeted',
      openedMs: now(),
      sent: 0,
      received: 0,
    });
    sessions.set(server, session);
    const headers = { [ENVELOPE_HEADER]: envelopeToHeader(sealed) };
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** The own key that an envelope is for: that of the node or that of its validator. */
  #addressee({ to }: Envelope): ValidatorKeys | null {
    const { node, validator } = this.#deps.keys;
    return [validator, node].find((keys) => keys?.consensusKey === to) ?? null;
  }

  #isWelcome(envelope: Envelope, channel: 'dial' | 'frames'): envelope is ChainEnvelope {
    const { keys, chainId, records, isPublic, roleOf } = this.#deps;
    const { from, chain, timeMs } = envelope;
    if (envelope.channel !== channel || chain !== chainId) return false;
    if (from === keys.node?.consensusKey || from === keys.validator?.consensusKey) return false;
    if (roleOf(from) === 'stranger' && (!isPublic || records.isExpelled(from))) return false;
    return timeMs > (records.known(from)?.newestMs[channel] ?? 0);
  }

  /** Strangers share a few places. One that never answered its challenge gives its own up. */
  #hasRoomFor(peer: ConsensusKey, sessions: Map<WebSocket, Session>): boolean {
    const { roleOf, now } = this.#deps;
    const taken = [...sessions.values()].filter(
      (session) =>
        session.openedBy === 'peer' &&
        (session.phase === 'open' || session.phase === 'greeted') &&
        session.peer !== peer &&
        roleOf(session.peer) === 'stranger',
    );
    if (taken.length < STRANGER_LINKS_MAX) return true;
    const late = taken.find(({ phase, openedMs }) => phase === 'greeted' && now() - openedMs > UNPROVEN_MS);
    late?.close(LINK_CLOSE.refused, 'no answer to the challenge');
    return late !== undefined;
  }
}
