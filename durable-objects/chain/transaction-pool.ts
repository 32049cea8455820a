/**
 * @module The mempool with its rows: what was acknowledged is in SQLite before the answer, and leaves it only in the
 * transaction that makes it final or records why it never will be. Every method that changes rows runs inside the
 * caller's SQLite transaction.
 */
import type {
  PendingTransaction,
  Result,
  SubmitOutcome,
  TransactionStatus,
} from '../../shared/api/objects.ts';
import { nativeVerifier } from '../../shared/native/verifier.ts';
import type { ChainRules } from '../../shared/protocol/execution/chain-context.ts';
import type { ExecutedBlock } from '../../shared/protocol/execution/executed-block.ts';
import { MempoolError } from '../../shared/protocol/mempool/errors.ts';
import {
  type AccountOf,
  type AdmissionContext,
  type Departure,
  Mempool,
} from '../../shared/protocol/mempool/mempool.ts';
import type { PoolRow } from '../../shared/protocol/mempool/pool-entry.ts';
import type { Address, HashHex } from '../../shared/protocol/primitives/brand.ts';
import type { ChainParams } from '../../shared/protocol/primitives/chain-params.ts';
import { ProtocolError } from '../../shared/protocol/primitives/errors.ts';
import { readAccount } from '../../shared/protocol/state/account.ts';
import { readParams } from '../../shared/protocol/state/params.ts';
import { maturedUnits } from '../../shared/protocol/state/unbonding.ts';
import { verifyTransactionSignature } from '../../shared/protocol/transaction/check.ts';
import type { TransactionRegistry } from '../../shared/protocol/transaction/define-transaction.ts';
import { decodeTransaction } from '../../shared/protocol/transaction/encode.ts';
import { TransactionError } from '../../shared/protocol/transaction/errors.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import { fail, ok } from '../runtime/rpc-result.ts';
import type { ChainStore } from './store.ts';

/** A transaction that left the pool, and how it stands now. */
export interface Departed {
  readonly hash: HashHex;
  readonly status: TransactionStatus;
  readonly receivedMs: number;
}

/**
 * What became of a transaction of a peer. `invalid`: no honest node passes it on. `stale`: it can never be admitted.
 * `refused`: not as things stand.
 */
export type ForeignVerdict = 'admitted' | 'invalid' | 'stale' | 'refused';

/** A transaction that is new in the pool. */
export interface TakenTransaction {
  readonly hash: HashHex;
  readonly bytes: Uint8Array;
}

/** Transactions of one frame that nobody signed after which the rest of it is refused unread: each costs a verification. */
export const INVALID_IN_FRAME_MAX = 3;
/** Refusals that no later block changes. */
const STALE_REFUSALS: readonly string[] = ['TX_NONCE_TOO_LOW', 'TX_EXPIRED'];
/** Refusals of execution that a later block may not repeat: such a candidate stays in the pool. */
const PASSING_REFUSALS: readonly string[] = ['TX_NONCE_TOO_HIGH', 'TX_RECEIPT_DOES_NOT_FIT'];

/** What transactions that are admitted together have in common: the state does not change between two of them. */
interface Group {
  readonly nextHeight: number;
  readonly nowMs: number;
  readonly params: ChainParams;
  readonly accountOf: AccountOf;
  readonly departed: Departed[];
  /** Admitted, and perhaps still remembered as departed in an earlier attempt. */
  returned: HashHex[];
}

export class TransactionPool {
  readonly #store: ChainStore;
  readonly #registry: TransactionRegistry;
  readonly #rules: ChainRules;
  readonly #mempool: Mempool;
  readonly #accountOf: AccountOf;
  /** Time of the event that is handled, milliseconds. */
  #nowMs = 0;
  /** Those in force for the next block: a vote may have changed them. */
  readonly #params: () => ChainParams;

  constructor(store: ChainStore, registry: TransactionRegistry, rules: ChainRules) {
    this.#store = store;
    this.#registry = registry;
    this.#rules = rules;
    this.#mempool = new Mempool(registry);
    this.#accountOf = (address) => this.#payingAccount(address);
    this.#params = () => readParams(store, rules.params);
  }

  get size(): number {
    return this.#mempool.size;
  }

  get bytes(): number {
    return this.#mempool.bytes;
  }

  /** Reads the rows back after waking; those that a block has overtaken go. */
  load(nowMs: number): Departed[] {
    this.#nowMs = nowMs;
    const rows: PoolRow[] = [];
    for (const { sequence, receivedMs, bytes } of this.#store.pending()) {
      rows.push({ signed: decodeTransaction(bytes, this.#registry), sequence, receivedMs });
    }
    return this.#remove(this.#mempool.restore(rows, this.#accountOf), nowMs);
  }

  /** Admits each transaction that may enter; refusals are answers. Signatures were checked by the caller. */
  admit(
    transactions: readonly Uint8Array[],
    nextHeight: number,
    nowMs: number,
  ): { outcomes: Result<SubmitOutcome>[]; taken: TakenTransaction[]; departed: Departed[] } {
    const group = this.#group(nextHeight, nowMs);
    const taken: TakenTransaction[] = [];
    const outcomes = transactions.map((bytes) => {
      const signed = decodeTransaction(bytes, this.#registry);
      const isKnown = this.#mempool.get(signed.hash) !== undefined;
      const outcome = this.#admitOne(signed, group);
      if (outcome.ok && !isKnown) taken.push({ hash: signed.hash, bytes });
      return outcome;
    });
    this.#forgetReturned(group);
    return { outcomes, taken, departed: group.departed };
  }

  /**
   * Checks transactions that no edge of ours has checked, and admits those that may enter. One verdict each. A signature
   * is verified last: keys and transactions cost nothing, so what may not enter anyhow must not cost a verification.
   */
  admitForeign(
    transactions: readonly Uint8Array[],
    genesisHash: HashHex,
    nextHeight: number,
    nowMs: number,
  ): { verdicts: ForeignVerdict[]; departed: Departed[] } {
    const group = this.#group(nextHeight, nowMs);
    let invalid = 0;
    const verdicts = transactions.map((bytes): ForeignVerdict => {
      if (invalid >= INVALID_IN_FRAME_MAX) return 'refused';
      const signed = this.#decoded(bytes);
      const may = signed === null ? null : this.#checkOne(signed, group);
      if (may?.ok === false) return verdictOf(may);
      if (signed === null || !verifyTransactionSignature(signed, genesisHash, nativeVerifier)) {
        invalid += 1;
        return 'invalid';
      }
      return verdictOf(this.#admitOne(signed, group));
    });
    this.#forgetReturned(group);
    return { verdicts, departed: group.departed };
  }

  hasCandidates(): boolean {
    return this.#mempool.hasCandidates();
  }

  candidates(): Iterable<SignedTransaction> {
    return this.#mempool.candidates();
  }

  pendingNonce(sender: Address, accountNonce: number): number {
    return this.#mempool.pendingNonce(sender, accountNonce);
  }

  get(hash: string): PendingTransaction | undefined {
    const row = this.#mempool.get(hash as HashHex);
    return row === undefined ? undefined : pendingOf(row);
  }

  /** In order of arrival; `after` is the `next` of the page before. */
  page(limit: number, after?: string): { transactions: PendingTransaction[]; next: string | null } {
    const { rows, next } = this.#mempool.page(after === undefined ? 0 : Number(after), limit);
    return { transactions: rows.map(pendingOf), next: next === null ? null : String(next) };
  }

  nextExpiryMs(): number | null {
    return this.#mempool.nextExpiryMs();
  }

  expire(nextHeight: number, nowMs: number): Departed[] {
    return this.#remove(this.#mempool.expire(nextHeight, nowMs), nowMs);
  }

  /**
   * After the state of final blocks was written: those of their transactions that waited here are final, what they overtook
   * or nobody can pay departs.
   */
  settle(transactions: readonly SignedTransaction[], nextHeight: number, nowMs: number): Departed[] {
    if (this.size === 0) return [];
    this.#nowMs = nowMs;
    const departures = this.#mempool.onCommit(transactions, this.#accountOf);
    return [...this.#remove(departures, nowMs), ...this.expire(nextHeight, nowMs)];
  }

  /** Takes out candidates that execution refused for good. */
  drop(rejected: ExecutedBlock['rejected'], nowMs: number): Departed[] {
    const hashes = rejected.filter(({ code }) => !PASSING_REFUSALS.includes(code)).map(({ hash }) => hash);
    return this.#remove(this.#mempool.drop(hashes), nowMs);
  }

  /** The transaction in these bytes, whoever signed it; null for anything else. */
  #decoded(bytes: Uint8Array): SignedTransaction | null {
    try {
      return decodeTransaction(bytes, this.#registry);
    } catch (error) {
      if (error instanceof ProtocolError) return null;
      throw error;
    }
  }

  #group(nextHeight: number, nowMs: number): Group {
    this.#nowMs = nowMs;
    const accounts = new Map<Address, ReturnType<AccountOf>>();
    const accountOf: AccountOf = (address) => {
      const known = accounts.get(address);
      if (known !== undefined) return known;
      const account = this.#accountOf(address);
      accounts.set(address, account);
      return account;
    };
    return { nextHeight, nowMs, params: this.#params(), accountOf, departed: [], returned: [] };
  }

  #admitOne(signed: SignedTransaction, group: Group): Result<SubmitOutcome> {
    return this.#judged(signed, group, (context) => {
      const { row, known, departures } = this.#mempool.admit(signed, context);
      if (!known) {
        this.#store.insertPending({
          sequence: row.sequence,
          receivedMs: row.receivedMs,
          bytes: signed.bytes,
        });
        group.returned.push(signed.hash);
      }
      if (departures.length > 0) {
        // First what is forgotten, then what is remembered: the same one may come and go within a group.
        this.#forgetReturned(group);
        group.departed.push(...this.#remove(departures, group.nowMs));
      }
    });
  }

  /** Whether a transaction may enter, its signature and room for it apart. */
  #checkOne(signed: SignedTransaction, group: Group): Result<SubmitOutcome> {
    return this.#judged(signed, group, (context) => this.#mempool.check(signed, context));
  }

  /** Refusals of `judge` are answers. */
  #judged(
    signed: SignedTransaction,
    { nextHeight, nowMs, params, accountOf }: Group,
    judge: (context: AdmissionContext) => void,
  ): Result<SubmitOutcome> {
    try {
      if (this.#rules.parties.length > 0 && !this.#rules.parties.includes(signed.sender)) {
        return fail('TX_SENDER_NOT_A_PARTY', 'only the parties of this chain may transact', {
          tx_hash: signed.hash,
        });
      }
      judge({ account: accountOf(signed.sender), params, nextHeight, nowMs });
      return ok({ tx_hash: signed.hash, status: 'pending' });
    } catch (error) {
      if (!(error instanceof MempoolError || error instanceof TransactionError)) throw error;
      return refusal(error, signed.hash);
    }
  }

  #forgetReturned(group: Group): void {
    this.#store.forgetDeparted(group.returned);
    group.returned = [];
  }

  /** What a matured sum will add is there when the block is made: it may pay the fee of what releases it. */
  #payingAccount(address: Address): ReturnType<AccountOf> {
    const { nonce, balance } = readAccount(this.#store, address);
    return { nonce, balance: balance + maturedUnits(this.#store, address, this.#nowMs) };
  }

  /** Deletes the rows of departures and remembers those that no block has taken. */
  #remove(departures: readonly Departure[], nowMs: number): Departed[] {
    this.#store.deletePending(departures.map(({ row }) => row.sequence));
    const lost = departures.filter(({ reason }) => reason !== 'final');
    for (const { hash, reason } of lost) this.#store.recordDeparted(hash, reason, nowMs);
    if (lost.length > 0) this.#store.pruneDeparted();
    return departures.map(({ hash, reason, row }) => ({ hash, status: reason, receivedMs: row.receivedMs }));
  }
}

function pendingOf(row: PoolRow): PendingTransaction {
  return { tx_hash: row.signed.hash, bytes: row.signed.bytes, received_ms: row.receivedMs };
}

function verdictOf(outcome: Result<SubmitOutcome>): ForeignVerdict {
  if (outcome.ok) return 'admitted';
  return STALE_REFUSALS.includes(outcome.problem.code) ? 'stale' : 'refused';
}

function refusal(error: MempoolError | TransactionError, hash: HashHex): ReturnType<typeof fail> {
  const details = (error as ProtocolError<string>).details as Record<
    string,
    string | number | boolean | null
  >;
  return fail(error.code, error.message, { ...details, tx_hash: hash });
}
