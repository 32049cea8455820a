/**
 * @module How transactions enter a chain: those of clients in groups, each in one durable step with the block that holds
 * them where one is due, and those of peers within the event that brings them.
 */
import type { Result, SubmitOutcome } from '../../shared/api/objects.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { fail } from '../runtime/rpc-result.ts';
import type { Finality } from './finality.ts';
import { Ingress } from './ingress.ts';
import type { refusalFor } from './storage-guard.ts';
import type { Departed, ForeignVerdict, TakenTransaction, TransactionPool } from './transaction-pool.ts';

export interface ChainAdmissionDeps {
  readonly storage: DurableObjectStorage;
  readonly genesisHash: HashHex;
  readonly pool: TransactionPool;
  readonly finality: Finality;
  /** Of the block that the next transaction may stand in. */
  readonly nextHeight: () => number;
  /** The time of the event that runs. */
  readonly nowMs: () => number;
  /** Why nothing is taken now; null when all is well. */
  readonly refusal: () => ReturnType<typeof refusalFor>;
  /** Runs work as an event of the chain. */
  readonly event: (work: () => void) => void;
  /** What left the pool in the event that runs. */
  readonly onDeparted: (departed: readonly Departed[]) => void;
  /** Transactions of clients that are new here, durable with the event: the other nodes and consensus want them. */
  readonly onTaken: (taken: readonly TakenTransaction[]) => void;
}

export class ChainAdmission {
  readonly #deps: ChainAdmissionDeps;
  readonly #ingress: Ingress;

  constructor(deps: ChainAdmissionDeps) {
    this.#deps = deps;
    this.#ingress = new Ingress((transactions) => this.#admit(transactions));
  }

  /** Signatures were checked by the caller. With `waitMs` each outcome is awaited so long. */
  async submit(transactions: readonly Uint8Array[], waitMs: number): Promise<Result<SubmitOutcome>[]> {
    if (this.#ingress.full(transactions.length)) {
      return transactions.map(() => fail('CHAIN_OVERLOADED', 'too many transactions wait to be admitted'));
    }
    const outcomes = await this.#ingress.submit(transactions);
    if (waitMs <= 0) return outcomes;
    return Promise.all(outcomes.map((outcome) => this.#deps.finality.untilSettled(outcome, waitMs)));
  }

  /** Transactions that a peer passes on. Within an event. */
  admitForeign(transactions: readonly TakenTransaction[]): readonly ForeignVerdict[] {
    const { storage, pool, genesisHash, nextHeight, nowMs, onDeparted } = this.#deps;
    const bytes = transactions.map((one) => one.bytes);
    return storage.transactionSync(() => {
      const { verdicts, departed } = pool.admitForeign(bytes, genesisHash, nextHeight(), nowMs());
      onDeparted(departed);
      return verdicts;
    });
  }

  /** Takes out what has waited too long. Within an event. */
  expire(): void {
    const { storage, pool, nextHeight, nowMs, onDeparted } = this.#deps;
    const dueMs = pool.nextExpiryMs();
    if (dueMs === null || dueMs > nowMs()) return;
    storage.transactionSync(() => onDeparted(pool.expire(nextHeight(), nowMs())));
  }

  /** One durable step for a group of transactions: admission and rows; then, when one is due, the block that holds them. */
  #admit(transactions: readonly Uint8Array[]): Result<SubmitOutcome>[] {
    const { storage, pool, finality, nextHeight, nowMs, event, onDeparted, onTaken } = this.#deps;
    // Once for the group: the size of the database is a question to SQLite.
    const refusal = this.#deps.refusal();
    if (refusal !== null) return transactions.map(() => refusal);
    let outcomes: Result<SubmitOutcome>[] = [];
    event(() => {
      const admitted = storage.transactionSync(() => {
        const result = pool.admit(transactions, nextHeight(), nowMs());
        onDeparted(result.departed);
        return result;
      });
      outcomes = admitted.outcomes;
      onTaken(admitted.taken);
    });
    return outcomes.map((outcome) => finality.asItStands(outcome));
  }
}
