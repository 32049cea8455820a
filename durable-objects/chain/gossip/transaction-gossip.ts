/**
 * @module Transactions between nodes. Whole ones are pushed towards the validators: by the node that took them, by each
 * follower to one upstream, by the first validator to all others. Everyone else hears of the hash and asks. Content that
 * was seen is not looked at again, and nothing is handed to the chain twice.
 */
import type { PeerFrame } from '../../../shared/api/p2p/frame.ts';
import { sha256Hex } from '../../../shared/protocol/crypto/hashing.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { ForeignVerdict, TakenTransaction } from '../transaction-pool.ts';
import type { GossipMeter } from './gossip-figures.ts';
import {
  ANSWERED_BYTES_MAX,
  HOPS_MAX,
  REOFFER_FIRST_MS,
  REOFFER_MAX_MS,
  REOFFERED_BYTES_MAX,
  REOFFERED_MAX,
  RESEND_MS,
  SEEN_MAX,
  SEEN_TTL_MS,
} from './limits.ts';
import type { Neighbours } from './neighbours.ts';
import { SeenCache } from './seen-cache.ts';
import { announcementFrames, type Travelling, transactionFrames, wantFrames } from './transaction-frames.ts';
import { WantedTransactions } from './wanted-transactions.ts';

/** What is remembered of a transaction that was seen. */
interface Seen {
  /** Who brought it; null: it was sent to this node. */
  readonly source: ConsensusKey | null;
  readonly hops: number;
  readonly bornMs: number;
  /** When it was last pushed on; null for never. */
  pushedMs: number | null;
  /** Peers that have it from us, or we from them. */
  holders: readonly ConsensusKey[];
}

export interface TransactionGossipDeps {
  readonly neighbours: Neighbours;
  readonly meter: GossipMeter;
  /** The pending transactions, the oldest first. */
  readonly pool: {
    readonly size: number;
    get(hash: string): { readonly bytes: Uint8Array } | undefined;
    page(limit: number): {
      readonly transactions: readonly { readonly tx_hash: string; readonly bytes: Uint8Array }[];
    };
  };
  /** Checks and admits transactions that no edge of ours has checked: one verdict each. */
  admit(transactions: readonly TakenTransaction[]): readonly ForeignVerdict[];
  /** Some were admitted, and are on their way to the validators: there may be something to put into a block. */
  onWork(): void;
  /** A peer sent what no honest node sends. */
  onInvalid(peer: ConsensusKey): void;
}

export class TransactionGossip {
  readonly #deps: TransactionGossipDeps;
  readonly #seen = new SeenCache<Seen>(SEEN_MAX, SEEN_TTL_MS);
  readonly #wanted = new WantedTransactions();
  /** Taken in the event that runs, to be announced at its end. */
  #fresh: Travelling[] = [];
  #reoffer = { dueMs: Number.POSITIVE_INFINITY, delayMs: REOFFER_FIRST_MS, turn: 0 };

  constructor(deps: TransactionGossipDeps) {
    this.#deps = deps;
  }

  /** Contents remembered. */
  get seen(): number {
    return this.#seen.size;
  }

  /** Transactions that were sent to this node and that it took. */
  publish(transactions: readonly TakenTransaction[], nowMs: number): void {
    for (const { hash } of transactions) this.#remember(hash, null, 0, nowMs, nowMs);
    this.#passOn(transactions, null, nowMs);
  }

  /** Whole transactions of a peer. */
  receive(peer: ConsensusKey, frame: Extract<PeerFrame, { kind: 'transactions' }>, nowMs: number): void {
    const { meter, pool } = this.#deps;
    const fresh = new Map<HashHex, Uint8Array>();
    for (const bytes of frame.transactions) {
      const hash = sha256Hex(bytes);
      const isKnown = this.#seen.get(hash, nowMs) !== undefined || pool.get(hash) !== undefined;
      if (!isKnown) fresh.set(hash, bytes);
    }
    meter.duplicates('transaction', frame.transactions.length - fresh.size);
    if (fresh.size > 0) this.#take(peer, frame, fresh, nowMs);
  }

  /** A peer has transactions; those that are new here are asked for, unless they come by themselves first. */
  receiveAnnouncement(peer: ConsensusKey, hashes: readonly HashHex[], nowMs: number): void {
    const { meter, pool } = this.#deps;
    const fresh = hashes.filter(
      (hash) => this.#seen.get(hash, nowMs) === undefined && pool.get(hash) === undefined,
    );
    meter.duplicates('announcement', hashes.length - fresh.length);
    const refused = fresh.filter((hash) => !this.#wanted.announce(hash, peer, nowMs));
    meter.dropped('room', refused.length);
  }

  /** A peer asks for transactions; what is no longer pending it finds in a block. */
  answer(peer: ConsensusKey, hashes: readonly HashHex[], nowMs: number): void {
    const { neighbours, pool } = this.#deps;
    const found = hashes.flatMap((hash) => {
      const pending = pool.get(hash);
      return pending === undefined ? [] : [this.#travelling({ hash, bytes: pending.bytes }, nowMs)];
    });
    const given = withinBytes(found.filter(mayTravel), ANSWERED_BYTES_MAX);
    for (const frame of transactionFrames(given)) neighbours.send(peer, frame);
  }

  /** A final block brought these; whoever still sends them says nothing new. */
  settle(hashes: readonly HashHex[], nowMs: number): void {
    for (const hash of hashes) {
      this.#wanted.settle(hash);
      if (this.#seen.get(hash, nowMs) === undefined) this.#remember(hash, null, 0, nowMs, nowMs);
    }
    this.#offerAgainBy(nowMs + REOFFER_FIRST_MS, nowMs);
  }

  /** The pending transactions that a proposer may lack, oldest first: those just sent to it are left out. */
  lackedBy(peer: ConsensusKey, nowMs: number): Travelling[] {
    return this.#oldest(nowMs).filter(({ hash }) => {
      const seen = this.#seen.get(hash, nowMs);
      if (seen === undefined || !seen.holders.includes(peer)) return true;
      return seen.source !== peer && seen.pushedMs !== null && nowMs - seen.pushedMs >= RESEND_MS;
    });
  }

  /** A node to follow through can be reached: it gets what waits. */
  upstreamOpened(nowMs: number): void {
    this.#offerAgainBy(nowMs, nowMs);
  }

  /** At the end of an event: what it brought is announced, unless a block has it already. */
  flush(nowMs: number): void {
    const { neighbours, pool } = this.#deps;
    const pending = this.#fresh.filter(({ hash }) => pool.get(hash) !== undefined);
    this.#fresh = [];
    if (pending.length === 0) return;
    for (const peer of neighbours.linked()) {
      if (neighbours.isValidating() && neighbours.roleOf(peer) === 'validator') continue;
      const news = pending.filter(
        ({ hash }) => this.#seen.get(hash, nowMs)?.holders.includes(peer) === false,
      );
      for (const frame of announcementFrames(news.map(({ hash }) => hash))) neighbours.send(peer, frame);
    }
  }

  /** Asks for what was announced and did not come, and offers again what stays pending. */
  tick(nowMs: number): void {
    const { neighbours } = this.#deps;
    for (const [peer, hashes] of this.#wanted.take(nowMs)) {
      for (const frame of wantFrames(hashes)) neighbours.send(peer, frame);
    }
    if (this.#reofferDueMs() <= nowMs) this.#offerAgain(nowMs);
  }

  nextDueMs(): number | null {
    const dueMs = Math.min(this.#wanted.nextDueMs() ?? Number.POSITIVE_INFINITY, this.#reofferDueMs());
    return dueMs === Number.POSITIVE_INFINITY ? null : dueMs;
  }

  #take(
    peer: ConsensusKey,
    { hops, bornMs }: { readonly hops: number; readonly bornMs: number },
    fresh: ReadonlyMap<HashHex, Uint8Array>,
    nowMs: number,
  ): void {
    const { meter, admit, onInvalid } = this.#deps;
    const transactions = [...fresh].map(([hash, bytes]) => ({ hash, bytes }));
    const verdicts = admit(transactions);
    const counts = { admitted: 0, invalid: 0, stale: 0, refused: 0 };
    const admitted: TakenTransaction[] = [];
    for (const [index, { hash, bytes }] of transactions.entries()) {
      const verdict = verdicts[index] ?? 'refused';
      counts[verdict] += 1;
      this.#wanted.settle(hash);
      // What was refused may be admitted later, and is then looked at anew.
      if (verdict !== 'refused') this.#remember(hash, peer, hops, bornMs, nowMs);
      if (verdict === 'admitted') admitted.push({ hash, bytes });
    }
    meter.delivered('transaction', counts.admitted, nowMs - bornMs);
    meter.dropped('invalid', counts.invalid);
    meter.dropped('refused', counts.stale + counts.refused);
    if (counts.invalid > 0) onInvalid(peer);
    if (admitted.length === 0) return;
    this.#passOn(admitted, peer, nowMs);
    this.#deps.onWork();
  }

  /** Whole transactions to those who get them without asking; the others hear of them at the end of the event. */
  #passOn(transactions: readonly TakenTransaction[], source: ConsensusKey | null, nowMs: number): void {
    const { neighbours, meter } = this.#deps;
    const all = transactions.map((one) => this.#travelling(one, nowMs));
    const travelling = all.filter(mayTravel);
    meter.dropped('hops', all.length - travelling.length);
    const pushed = this.#pushedTo(source);
    const frames = pushed.length === 0 ? [] : transactionFrames(travelling);
    for (const peer of pushed) for (const frame of frames) neighbours.send(peer, frame);
    this.#markPushed(travelling, pushed, nowMs);
    this.#fresh.push(...travelling);
    this.#offerAgainBy(nowMs + REOFFER_FIRST_MS, nowMs);
  }

  /**
   * Who gets whole transactions of this source without asking: the way to the validators, and then all of them. What an
   * upstream brings is most likely known there; where it is not, it is offered again.
   */
  #pushedTo(source: ConsensusKey | null): readonly ConsensusKey[] {
    const { neighbours } = this.#deps;
    const role = source === null ? 'stranger' : neighbours.roleOf(source);
    if (neighbours.isValidating()) return role === 'validator' ? [] : neighbours.validators();
    if (role !== 'stranger') return [];
    return neighbours
      .upstreams()
      .filter((peer) => peer !== source)
      .slice(0, 1);
  }

  #markPushed(transactions: readonly Travelling[], to: readonly ConsensusKey[], nowMs: number): void {
    if (to.length === 0) return;
    for (const { hash } of transactions) {
      const seen = this.#seen.get(hash, nowMs);
      if (seen === undefined) continue;
      seen.pushedMs = nowMs;
      seen.holders = seen.holders.length === 0 ? to : [...new Set([...seen.holders, ...to])];
    }
  }

  /** A link may have broken under what was sent: a follower repeats itself, to each upstream in turn. */
  #offerAgain(nowMs: number): void {
    const { neighbours } = this.#deps;
    const upstreams = neighbours.upstreams();
    const { delayMs, turn } = this.#reoffer;
    this.#reoffer = {
      dueMs: nowMs + delayMs,
      delayMs: Math.min(REOFFER_MAX_MS, 2 * delayMs),
      turn: turn + 1,
    };
    const peer = upstreams[turn % Math.max(1, upstreams.length)];
    if (peer === undefined) return;
    const offered = this.#oldest(nowMs).filter(
      (one) => mayTravel(one) && this.#isOwnToOffer(one.hash, nowMs),
    );
    for (const frame of transactionFrames(offered)) neighbours.send(peer, frame);
    this.#markPushed(offered, [peer], nowMs);
  }

  /** What a validator has brought is known to the validators, and what was pushed just now is on its way. */
  #isOwnToOffer(hash: HashHex, nowMs: number): boolean {
    const seen = this.#seen.get(hash, nowMs);
    if (seen === undefined) return true;
    const isFromValidator = seen.source !== null && this.#deps.neighbours.roleOf(seen.source) === 'validator';
    return !isFromValidator && (seen.pushedMs === null || nowMs - seen.pushedMs >= REOFFER_FIRST_MS);
  }

  /** Something has changed: what stays pending is offered again at this time at the latest, at short intervals first. */
  #offerAgainBy(latestMs: number, nowMs: number): void {
    const isAhead = this.#reoffer.dueMs >= nowMs;
    const dueMs = isAhead ? Math.min(this.#reoffer.dueMs, latestMs) : latestMs;
    this.#reoffer = { ...this.#reoffer, dueMs, delayMs: REOFFER_FIRST_MS };
  }

  /** A validator leaves repetition to consensus. */
  #reofferDueMs(): number {
    const { neighbours, pool } = this.#deps;
    return pool.size === 0 || neighbours.isValidating() ? Number.POSITIVE_INFINITY : this.#reoffer.dueMs;
  }

  #oldest(nowMs: number): Travelling[] {
    const { transactions } = this.#deps.pool.page(REOFFERED_MAX);
    const oldest = transactions.map(({ tx_hash, bytes }) =>
      this.#travelling({ hash: tx_hash as HashHex, bytes }, nowMs),
    );
    return withinBytes(oldest, REOFFERED_BYTES_MAX);
  }

  #travelling({ hash, bytes }: TakenTransaction, nowMs: number): Travelling {
    const seen = this.#seen.get(hash, nowMs);
    return { hash, bytes, hops: seen?.hops ?? 0, bornMs: seen?.bornMs ?? nowMs };
  }

  #remember(hash: HashHex, source: ConsensusKey | null, hops: number, bornMs: number, nowMs: number): void {
    const holders = source === null ? [] : [source];
    this.#seen.add(hash, { source, hops, bornMs, pushedMs: null, holders }, nowMs);
  }
}

function mayTravel({ hops }: Travelling): boolean {
  return hops < HOPS_MAX;
}

/** The first of them that fit. */
function withinBytes(transactions: readonly Travelling[], bytesMax: number): Travelling[] {
  let bytes = 0;
  return transactions.filter((one) => {
    bytes += one.bytes.length;
    return bytes <= bytesMax;
  });
}
