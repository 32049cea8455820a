/** @module What other nodes ask of this one: to be taken in, to compare how both stand, to be let go. */
import type { ChainClaim, Exchange, ExchangeAnswer, PeerCall } from '../../../shared/api/network-views.ts';
import type { Result } from '../../../shared/api/objects.ts';
import { ENVELOPE_WINDOW_MS } from '../../../shared/api/p2p/envelope.ts';
import { toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { fail, ok } from '../../runtime/rpc-result.ts';
import { type ReadRecord, readRecord } from './admission.ts';
import type { CallLimits } from './call-limits.ts';
import type { OnceTable } from './once-table.ts';
import { heard, type Peer } from './peer.ts';
import type { PeerBook } from './peer-book.ts';
import type { PeerTable } from './peer-table.ts';

/** How long a nonce is remembered: both sides of the window in which its envelope counts. */
const NONCE_KEPT_MS = 2 * ENVELOPE_WINDOW_MS;

export interface MembershipDeps {
  readonly book: PeerBook;
  readonly table: PeerTable;
  readonly nonces: OnceTable;
  readonly limits: CallLimits;
  /** Own record. */
  readonly record: () => ReadRecord;
  /** Chains that are shown to a peer. */
  readonly claimsFor: (peer: Peer) => readonly ChainClaim[];
  readonly count: (name: string, labels: Readonly<Record<string, string>>) => void;
  /** A peer has said how its chains stand. */
  readonly onClaims: (nodeId: string, claims: readonly ChainClaim[]) => void;
  /** A peer has left by its own word, which others must hear. */
  readonly onLeft: (record: ReadRecord) => void;
}

type Refused = ReturnType<typeof fail>;

export class Membership {
  readonly #deps: MembershipDeps;

  constructor(deps: MembershipDeps) {
    this.#deps = deps;
  }

  /** A node comes by itself, or comes back. Idempotent: its id is its key. */
  join(call: PeerCall, exchange: Exchange, nowMs: number): Result<ExchangeAnswer> {
    if (!this.#deps.limits.takeJoin(call.source, nowMs)) {
      this.#deps.count('blockchain_network_joins_total', { result: 'limited' });
      return fail('RATE_LIMITED', 'too many nodes join from this address');
    }
    const answer = this.#exchange(call, exchange, nowMs);
    this.#deps.count('blockchain_network_joins_total', { result: answer.ok ? 'taken' : 'refused' });
    return answer;
  }

  /** A peer says how it stands. */
  sync(call: PeerCall, exchange: Exchange, nowMs: number): Result<ExchangeAnswer> {
    return this.#refusalOf(call, nowMs) ?? this.#exchange(call, exchange, nowMs);
  }

  /** A peer goes. */
  leave(call: PeerCall, request: { readonly record: string }, nowMs: number): Result<null> {
    const refused = this.#refusalOf(call, nowMs) ?? this.#refuseReplay(call, nowMs);
    if (refused !== null) return refused;
    const read = this.#recordOf(call, request.record);
    if (read === null) return fail('PEER_RECORD_INVALID', 'the record is not one of the caller');
    if (!this.#deps.book.left(read)) return fail('PEER_RECORD_STALE', 'the record says nothing newer');
    this.#deps.onLeft(read);
    return ok(null);
  }

  /** Whether a peer may call at all. Costs a stranger nothing to be told, and this node no row. */
  peerOf(call: PeerCall, nowMs: number): { readonly peer: Peer } | { readonly refused: Refused } {
    const peer = this.#deps.table.find(call.from);
    if (peer === undefined || peer.phase === 'left') {
      return { refused: fail('PEER_UNKNOWN', 'this node does not know the caller: join first') };
    }
    if (peer.bannedUntilMs > nowMs)
      return { refused: fail('PEER_BANNED', 'this node does not listen to the caller') };
    return { peer };
  }

  #refusalOf(call: PeerCall, nowMs: number): Refused | null {
    const found = this.peerOf(call, nowMs);
    if ('refused' in found) return found.refused;
    if (this.#deps.limits.take(found.peer.nodeId, 'exchange', nowMs)) return null;
    this.#deps.count('blockchain_network_exchanges_total', { direction: 'in', result: 'limited' });
    return fail('RATE_LIMITED', 'this peer calls too often');
  }

  #exchange(call: PeerCall, exchange: Exchange, nowMs: number): Result<ExchangeAnswer> {
    const { book, table, record, claimsFor, onClaims, count } = this.#deps;
    const replayed = this.#refuseReplay(call, nowMs);
    if (replayed !== null) return replayed;
    const known = table.find(call.from);
    if (known !== undefined && known.bannedUntilMs > nowMs) {
      return fail('PEER_BANNED', 'this node does not listen to the caller');
    }
    const read = this.#recordOf(call, exchange.record);
    if (read === null) return fail('PEER_RECORD_INVALID', 'the record is not one of the caller');
    const taken = book.take(read, 'join', exchange.chains, nowMs);
    if ('refusal' in taken) return fail(taken.refusal.code, taken.refusal.detail);
    const peer = heard(taken.peer, exchange.chains, nowMs);
    book.heard(taken.peer, peer);
    // What an unproved node says of chains would let anybody raise alarms.
    if (peer.phase === 'active') onClaims(peer.nodeId, exchange.chains);
    count('blockchain_network_exchanges_total', { direction: 'in', result: 'ok' });
    return ok({
      record: toHex(record().sealed),
      chains: claimsFor(peer),
      peers: book.recommended(peer.nodeId, nowMs),
    });
  }

  /** Every request of this kind counts once, also after this object has forgotten its memory. */
  #refuseReplay(call: PeerCall, nowMs: number): Refused | null {
    const claimed = this.#deps.nonces.claim(
      `${call.from}/${call.nonce}`,
      call.time_ms + NONCE_KEPT_MS,
      nowMs,
    );
    if (claimed === 'first') return null;
    if (claimed === 'full') return fail('RATE_LIMITED', 'too many requests to remember');
    this.#deps.count('blockchain_network_replays_total', {});
    return fail('UNAUTHORIZED', 'the envelope is not accepted');
  }

  #recordOf(call: PeerCall, hex: string): ReadRecord | null {
    const read = readRecord(hex);
    return read !== null && read.record.nodeKey === call.from ? read : null;
  }
}
