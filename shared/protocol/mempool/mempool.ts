/**
 * @module The mempool: what was acknowledged and is not final yet. A synchronous structure in memory; its owner keeps the
 * rows. Whatever leaves it is reported once, with the reason.
 */
import { assert } from '../primitives/assert.ts';
import type { Address, HashHex } from '../primitives/brand.ts';
import { checkTransaction, checkValidUntil } from '../transaction/check.ts';
import type { TransactionRegistry } from '../transaction/define-transaction.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import { checkAdmission } from './admission.ts';
import { MempoolError } from './errors.ts';
import { EvictionOrder } from './eviction.ts';
import { MEMPOOL_LIMITS, type MempoolLimits } from './limits.ts';
import { inPriorityOrder } from './ordering.ts';
import {
  type AccountOf,
  type Admission,
  type AdmissionContext,
  type Departure,
  type DepartureReason,
  departure,
  type PoolPage,
} from './outcomes.ts';
import { type PoolEntry, type PoolRow, poolEntry } from './pool-entry.ts';
import { SenderQueue } from './sender-queue.ts';

export type {
  AccountOf,
  Admission,
  AdmissionContext,
  Departure,
  DepartureReason,
  PoolPage,
} from './outcomes.ts';
export type { PoolRow } from './pool-entry.ts';

/** The pool of one chain. */
export class Mempool {
  readonly #registry: TransactionRegistry;
  readonly #limits: MempoolLimits;
  readonly #byHash = new Map<HashHex, PoolEntry>();
  readonly #queues = new Map<Address, SenderQueue>();
  #bytes = 0;
  #nextSequence = 1;
  #eviction: EvictionOrder | null = null;
  /** Lower bounds: nothing expires before them. */
  #validUntilLow = Number.POSITIVE_INFINITY;
  #receivedLow = Number.POSITIVE_INFINITY;

  constructor(registry: TransactionRegistry, limits: MempoolLimits = MEMPOOL_LIMITS) {
    this.#registry = registry;
    this.#limits = limits;
  }

  /** Transactions. */
  get size(): number {
    return this.#byHash.size;
  }

  /** Encoded bytes of all transactions. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The pending transaction with this hash. */
  get(hash: HashHex): PoolRow | undefined {
    return this.#byHash.get(hash);
  }

  /** First nonce after the sender's contiguous pending transactions. */
  pendingNonce(sender: Address, accountNonce: number): number {
    return this.#queues.get(sender)?.pendingNonce ?? accountNonce;
  }

  /** True when some transaction could be included now. */
  hasCandidates(): boolean {
    for (const queue of this.#queues.values()) if (queue.ready > 0) return true;
    return false;
  }

  /**
   * Takes a transaction whose signature was verified. The same bytes again change nothing. Throws TransactionError or
   * MempoolError and then changes nothing either.
   */
  admit(signed: SignedTransaction, context: AdmissionContext): Admission {
    const known = this.#byHash.get(signed.hash);
    if (known !== undefined) return { row: known, known: true, departures: [] };
    const { entry, replaced } = this.#judge(signed, context);
    const departures = this.#place(entry, replaced, context.account.nonce);
    this.#nextSequence += 1;
    return { row: entry, known: false, departures };
  }

  /** Throws what `admit` would throw, but for want of room, and changes nothing: a look before the signature is verified. */
  check(signed: SignedTransaction, context: AdmissionContext): void {
    if (!this.#byHash.has(signed.hash)) this.#judge(signed, context);
  }

  /**
   * Takes back rows that were acknowledged before, without judging fee, balance or room again. Rows that a block has
   * overtaken come back as departures.
   */
  restore(rows: Iterable<PoolRow>, accountOf: AccountOf): Departure[] {
    const overtaken: Departure[] = [];
    for (const row of rows) {
      const { nonce } = accountOf(row.signed.sender);
      this.#nextSequence = Math.max(this.#nextSequence, row.sequence + 1);
      if (row.signed.transaction.nonce >= nonce) this.#insert(this.#entryOf(row), nonce);
      else overtaken.push(departure(row, 'replaced'));
    }
    return overtaken;
  }

  /** Transactions in the order in which a block takes them, lazily: highest fee per byte first, nonces in order. */
  candidates(): Generator<SignedTransaction, void, undefined> {
    return inPriorityOrder(this.#queues.values());
  }

  /** Follows a block: what it included is final, what it overtook is replaced, what its sender cannot pay is dropped. */
  onCommit(transactions: readonly SignedTransaction[], accountOf: AccountOf): Departure[] {
    const included = new Set<HashHex>();
    const senders = new Set<Address>();
    for (const { hash, sender } of transactions) {
      included.add(hash);
      senders.add(sender);
    }
    const departures: Departure[] = [];
    for (const sender of senders) {
      const queue = this.#queues.get(sender);
      if (queue === undefined) continue;
      const account = accountOf(sender);
      for (const entry of queue.settle(account.nonce)) {
        this.#forget(entry);
        departures.push(departure(entry, included.has(entry.signed.hash) ? 'final' : 'replaced'));
      }
      this.#dropUnpayable(queue, account.balance, departures);
      this.#prune(sender);
    }
    this.#eviction = null;
    return departures;
  }

  /** Takes out what can no longer be included at `nextHeight`, or has waited for the time to live. */
  expire(nextHeight: number, nowMs: number): Departure[] {
    const receivedMin = nowMs - this.#limits.ttlMs;
    if (nextHeight <= this.#validUntilLow && receivedMin < this.#receivedLow) return [];
    const expired: PoolEntry[] = [];
    this.#validUntilLow = Number.POSITIVE_INFINITY;
    this.#receivedLow = Number.POSITIVE_INFINITY;
    for (const entry of this.#byHash.values()) {
      const isOld = entry.signed.transaction.validUntil < nextHeight || entry.receivedMs <= receivedMin;
      if (isOld) expired.push(entry);
      else this.#lowerBounds(entry);
    }
    return this.#removeAll(expired, 'expired');
  }

  /** No transaction outlives its time to live before this moment; null when the pool is empty. */
  nextExpiryMs(): number | null {
    return this.size === 0 ? null : this.#receivedLow + this.#limits.ttlMs;
  }

  /** Takes out transactions that execution found not to be includable. Unknown hashes are passed over. */
  drop(hashes: Iterable<HashHex>): Departure[] {
    const entries: PoolEntry[] = [];
    for (const hash of new Set(hashes)) {
      const entry = this.#byHash.get(hash);
      if (entry !== undefined) entries.push(entry);
    }
    return this.#removeAll(entries, 'dropped');
  }

  /** Up to `limit` rows in order of arrival, after the row with sequence `after` (0 = from the first). */
  page(after: number, limit: number): PoolPage {
    assert(limit > 0, 'a page has at least one row');
    const rows: PoolRow[] = [];
    for (const entry of this.#byHash.values()) if (entry.sequence > after) rows.push(entry);
    rows.sort((a, b) => a.sequence - b.sequence);
    const next = rows.length > limit ? (rows[limit - 1]?.sequence ?? null) : null;
    return { rows: rows.slice(0, limit), next };
  }

  #judge(signed: SignedTransaction, context: AdmissionContext) {
    checkTransaction(signed, context.params, this.#registry);
    checkValidUntil(signed, context.nextHeight);
    const entry = this.#entryOf({ signed, receivedMs: context.nowMs, sequence: this.#nextSequence });
    const queue = this.#queues.get(signed.sender);
    return { entry, replaced: checkAdmission(entry, queue, context.account, this.#limits) };
  }

  #entryOf(row: PoolRow): PoolEntry {
    const { type, payload } = row.signed.transaction;
    const definition = this.#registry.get(type);
    assert(definition !== undefined, 'a decoded transaction has a known type');
    return poolEntry(row, definition.spends(payload));
  }

  /** Inserts, then evicts from the end until the limits hold. If the new one were to go, all is undone. */
  #place(entry: PoolEntry, replaced: PoolEntry | undefined, accountNonce: number): Departure[] {
    const out = replaced === undefined ? [] : [departure(replaced, 'replaced')];
    if (replaced !== undefined) this.#remove(replaced);
    this.#insert(entry, accountNonce);
    let isPlaced = true;
    while (isPlaced && (this.size > this.#limits.transactionsMax || this.#bytes > this.#limits.bytesMax)) {
      const victim = this.#evictionOrder().victim();
      assert(victim !== undefined, 'a full pool has a last transaction');
      this.#remove(victim);
      if (victim === entry) isPlaced = false;
      else out.push(departure(victim, 'evicted'));
    }
    if (!isPlaced) for (const { row } of out) this.#insertAgain(row);
    for (const { row } of [{ row: entry }, ...out]) this.#prune(row.signed.sender);
    if (!isPlaced) throw fullError(this.#limits);
    return out;
  }

  /** Undoes a removal whose queue was not pruned yet. */
  #insertAgain(row: PoolRow): void {
    const queue = this.#queues.get(row.signed.sender);
    assert(queue !== undefined, 'queues are pruned after all is decided');
    this.#insert(this.#entryOf(row), queue.nonce);
  }

  #evictionOrder(): EvictionOrder {
    if (this.#eviction === null || this.#eviction.isWorn)
      this.#eviction = new EvictionOrder(this.#queues.values());
    return this.#eviction;
  }

  #insert(entry: PoolEntry, accountNonce: number): void {
    const { sender, hash, bytes } = entry.signed;
    let queue = this.#queues.get(sender);
    if (queue === undefined) {
      queue = new SenderQueue(sender, accountNonce);
      this.#queues.set(sender, queue);
    }
    assert(queue.nonce === accountNonce, 'the pool is told of every block');
    queue.insert(entry);
    this.#byHash.set(hash, entry);
    this.#bytes += bytes.length;
    this.#lowerBounds(entry);
    this.#eviction?.update(queue);
  }

  #remove(entry: PoolEntry): void {
    const queue = this.#queues.get(entry.signed.sender);
    assert(queue !== undefined, 'a pending transaction has a queue');
    queue.remove(entry);
    this.#forget(entry);
    this.#eviction?.update(queue);
  }

  #prune(sender: Address): void {
    if (this.#queues.get(sender)?.size === 0) this.#queues.delete(sender);
  }

  #removeAll(entries: readonly PoolEntry[], reason: DepartureReason): Departure[] {
    for (const entry of entries) {
      this.#remove(entry);
      this.#prune(entry.signed.sender);
    }
    return entries.map((entry) => departure(entry, reason));
  }

  #forget(entry: PoolEntry): void {
    this.#byHash.delete(entry.signed.hash);
    this.#bytes -= entry.signed.bytes.length;
  }

  #dropUnpayable(queue: SenderQueue, balance: bigint, departures: Departure[]): void {
    while (queue.cost > balance) {
      const { tail } = queue;
      assert(tail !== undefined, 'an empty queue costs nothing');
      queue.remove(tail);
      this.#forget(tail);
      departures.push(departure(tail, 'dropped'));
    }
  }

  #lowerBounds({ signed, receivedMs }: PoolEntry): void {
    this.#validUntilLow = Math.min(this.#validUntilLow, signed.transaction.validUntil);
    this.#receivedLow = Math.min(this.#receivedLow, receivedMs);
  }
}

function fullError(limits: MempoolLimits): MempoolError {
  const details = { transactions_max: limits.transactionsMax, bytes_max: limits.bytesMax };
  return new MempoolError('MEMPOOL_FULL', 'every pending transaction pays at least as much', details);
}
