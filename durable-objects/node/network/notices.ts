/**
 * @module Notices: told once, passed on a bounded number of times, taken in once. What their origin signed is checked
 * before anybody believes or passes on anything. Delivery is as good as the moment: rounds repair what a notice missed.
 */
import type { NoticeMessage, NoticeView, PeerCall } from '../../../shared/api/network-views.ts';
import type { Result } from '../../../shared/api/objects.ts';
import {
  ENVELOPE_WINDOW_MS,
  type Envelope,
  envelopeFromHeader,
  isEnvelopeTrue,
  NONCE_BYTES,
  sealEnvelope,
} from '../../../shared/api/p2p/envelope.ts';
import {
  decodeNotice,
  encodeNotice,
  NOTICE_AGE_MS_MAX,
  NOTICE_HOPS_MAX,
  NOTICE_SEEN_MAX,
  type Notice,
  noticeId,
} from '../../../shared/api/p2p/notice.ts';
import { nodeIdOf } from '../../../shared/api/p2p/peer-record.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import { fromHex, toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import { ZERO_HASH } from '../../../shared/protocol/primitives/hash.ts';
import { fail, ok } from '../../runtime/rpc-result.ts';
import type { CallLimits } from './call-limits.ts';
import type { NodeIdentity } from './node-identity.ts';
import type { OnceTable } from './once-table.ts';
import type { Peer } from './peer.ts';
import type { PeerBook } from './peer-book.ts';
import type { PeerClient } from './peer-client.ts';
import { OFFENCE_POINTS } from './peer-score.ts';

/** Peers to which one node passes a notice on. Three hops of eight reach 500 nodes. */
export const NOTICE_FANOUT = 8;
/** How long a notice is known as told: longer than any envelope of it counts. */
const NOTICE_KEPT_MS = NOTICE_AGE_MS_MAX + 2 * ENVELOPE_WINDOW_MS;
/** Notices whose arrival is remembered for those who ask. */
const ARRIVALS_MAX = 1_000;

export interface NoticesDeps {
  readonly identity: NodeIdentity;
  readonly book: PeerBook;
  readonly client: PeerClient;
  readonly told: OnceTable;
  readonly limits: CallLimits;
  readonly now: () => number;
  readonly random: () => number;
  /** The peer who calls, or why it is not heard. */
  readonly peerOf: (call: PeerCall, nowMs: number) => { readonly peer: Peer } | { readonly refused: Refused };
  /** A notice that is new here and true. */
  readonly apply: (notice: Notice, nowMs: number) => void;
  readonly count: (name: string, labels: Readonly<Record<string, string>>) => void;
  readonly observe: (name: string, labels: Readonly<Record<string, string>>, seconds: number) => void;
  /** Keeps the object alive for what goes on after its answer. */
  readonly background: (work: Promise<unknown>) => void;
}

type Refused = ReturnType<typeof fail>;

/** A notice as read, with what its origin signed. */
interface Read {
  readonly notice: Notice;
  readonly origin: Envelope;
}

export class Notices {
  readonly #deps: NoticesDeps;
  readonly #arrivals = new Map<string, NoticeView>();

  constructor(deps: NoticesDeps) {
    this.#deps = deps;
  }

  /** Tells all others. Returns the id; what has been told already is not told again. */
  tell(notice: Notice): string {
    const { identity, told, now } = this.#deps;
    const content = encodeNotice(notice);
    const id = noticeId(content);
    const nowMs = now();
    if (told.claim(id, nowMs + NOTICE_KEPT_MS, nowMs) !== 'first') return id;
    const envelope: Envelope = {
      from: identity.nodeKey,
      to: identity.nodeKey,
      chain: null,
      channel: 'broadcast',
      nonce: crypto.getRandomValues(new Uint8Array(NONCE_BYTES)),
      timeMs: nowMs,
      bodyHash: id,
    };
    const sealed = toHex(sealEnvelope(envelope, ZERO_HASH, identity.signer));
    this.#arrived({ id, kind: notice.kind, origin: identity.nodeId, delay_ms: 0, hops: 0, duplicates: 0 });
    this.#passOn({ content: toHex(content), envelope: sealed, ttl: NOTICE_HOPS_MAX, seen_by: [] }, null);
    return id;
  }

  /** A peer passes a notice on. */
  take(call: PeerCall, message: NoticeMessage): Result<{ id: string; relayed: boolean }> {
    const { told, limits, book, now, count, apply, observe } = this.#deps;
    const nowMs = now();
    const caller = this.#deps.peerOf(call, nowMs);
    if ('refused' in caller) return caller.refused;
    const { nodeId } = caller.peer;
    if (!limits.take(nodeId, 'notice', nowMs)) return this.#limited('this peer calls too often');
    const id = noticeId(fromHex(message.content));
    if (told.has(id)) {
      this.#repeated(id);
      count('blockchain_network_notices_total', {
        kind: this.#arrivals.get(id)?.kind ?? 'unknown',
        result: 'duplicate',
      });
      return ok({ id, relayed: false });
    }
    const read = readNotice(message, id, nowMs);
    if (read === null) {
      book.judge(
        caller.peer,
        -OFFENCE_POINTS.bad_signature,
        'passed on a notice that its origin did not sign',
        nowMs,
      );
      count('blockchain_network_notices_total', { kind: 'unknown', result: 'refused' });
      return fail('NOTICE_INVALID', 'the notice is not one that its origin signed lately');
    }
    const { notice, origin } = read;
    const originId = nodeIdOf(origin.from);
    // Of strangers nothing is believed or passed on: keys cost nothing.
    if (book.get(originId) === undefined) return ok({ id, relayed: false });
    const isWithin = limits.take(nodeId, 'new_notice', nowMs);
    if (!isWithin || told.claim(id, nowMs + NOTICE_KEPT_MS, nowMs) !== 'first') {
      return this.#limited('too many notices to remember');
    }
    const delayMs = Math.max(0, nowMs - origin.timeMs);
    const hops = NOTICE_HOPS_MAX - message.ttl + 1;
    this.#arrived({ id, kind: notice.kind, origin: originId, delay_ms: delayMs, hops, duplicates: 0 });
    count('blockchain_network_notices_total', { kind: notice.kind, result: 'new' });
    observe('blockchain_network_notice_delay_seconds', { kind: notice.kind }, delayMs / 1_000);
    apply(notice, nowMs);
    const isPassedOn = message.ttl > 0;
    if (isPassedOn) this.#passOn({ ...message, ttl: message.ttl - 1 }, call.from);
    return ok({ id, relayed: isPassedOn });
  }

  #limited(detail: string): Refused {
    this.#deps.count('blockchain_network_notices_total', { kind: 'unknown', result: 'limited' });
    return fail('RATE_LIMITED', detail);
  }

  /** How a notice came here; null for one that is not remembered. */
  arrival(id: string): NoticeView | null {
    return this.#arrivals.get(id) ?? null;
  }

  /** To some peers that are not known to have it, in the background. */
  #passOn(message: NoticeMessage, sender: string | null): void {
    const { book, identity, client, count, now, random, background } = this.#deps;
    const seenBy = [...message.seen_by, identity.nodeId].slice(-NOTICE_SEEN_MAX);
    const targets = book
      .active(now())
      .filter(({ nodeId, record }) => record.nodeKey !== sender && !seenBy.includes(nodeId))
      .map((peer) => ({ peer, lot: random() }))
      .sort((a, b) => a.lot - b.lot)
      .slice(0, NOTICE_FANOUT);
    for (const { peer } of targets) {
      const target = { url: book.urlOf(peer), nodeKey: peer.record.nodeKey };
      const sent = client.call(target, 'broadcast', { ...message, seen_by: seenBy }, peer.failures);
      background(
        sent.then(({ kind }) =>
          count('blockchain_network_notices_total', {
            kind: 'any',
            result: kind === 'answer' ? 'sent' : 'unsent',
          }),
        ),
      );
    }
  }

  #arrived(view: NoticeView): void {
    this.#arrivals.set(view.id, view);
    const oldest = this.#arrivals.keys().next();
    if (this.#arrivals.size > ARRIVALS_MAX && oldest.done !== true) this.#arrivals.delete(oldest.value);
  }

  #repeated(id: string): void {
    const known = this.#arrivals.get(id);
    if (known !== undefined) this.#arrivals.set(id, { ...known, duplicates: known.duplicates + 1 });
  }
}

/** The notice, if its origin signed it lately for everybody. */
function readNotice(message: NoticeMessage, id: string, nowMs: number): Read | null {
  const signed = envelopeFromHeader(message.envelope);
  if (signed === null) return null;
  const { envelope } = signed;
  const ageMs = nowMs - envelope.timeMs;
  const isFit =
    envelope.to === envelope.from &&
    envelope.chain === null &&
    envelope.channel === 'broadcast' &&
    envelope.bodyHash === id &&
    ageMs >= -ENVELOPE_WINDOW_MS &&
    ageMs < NOTICE_AGE_MS_MAX &&
    isEnvelopeTrue(signed, ZERO_HASH, nativeVerifier);
  if (!isFit) return null;
  try {
    return { notice: decodeNotice(fromHex(message.content)), origin: envelope };
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
