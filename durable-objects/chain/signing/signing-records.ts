/** @module Asks the node's registry and the ledger how high the chain is known to be: once per life, again after a failure. */
import type { SigningRecord } from '../../../shared/api/signing-rpc.ts';
import { errorText, type Logger } from '../../../shared/observability/log.ts';
import { backoffMs } from '../outbox.ts';
import type { Records } from './guard-verdict.ts';

/** Longest pause between two attempts. */
const RETRY_MAX_MS = 30_000;

export interface SigningRecordsDeps {
  readonly askNode: () => Promise<SigningRecord>;
  /** Height of the newest block there, 0 for none. Null for a node without a ledger. */
  readonly askLedger: (() => Promise<number>) | null;
  readonly log: Logger;
  /** Something was answered, or failed. */
  readonly onAnswer: () => void;
}

export class SigningRecords {
  readonly #deps: SigningRecordsDeps;
  #node: Records['node'] = null;
  #ledger: Records['ledger'] = null;
  #isAsking = false;
  #failures = 0;
  #retryAtMs = 0;

  constructor(deps: SigningRecordsDeps) {
    this.#deps = deps;
    if (deps.askLedger === null) this.#ledger = 0;
  }

  get node(): Records['node'] {
    return this.#node;
  }

  get ledger(): Records['ledger'] {
    return this.#ledger;
  }

  /** When `ask` would ask again; null while an answer is awaited or none is missing. */
  get dueMs(): number | null {
    return this.#isAsking || this.#isComplete ? null : this.#retryAtMs;
  }

  /** Asks for what is missing, unless it was asked for a moment ago. Returns at once. */
  ask(nowMs: number): void {
    if (this.dueMs === null || this.#retryAtMs > nowMs) return;
    this.#isAsking = true;
    void this.#run(nowMs);
  }

  /** The ledger has told its height on another occasion. */
  noteLedger(height: number): void {
    this.#ledger = height;
  }

  get #isComplete(): boolean {
    return this.#node !== null && typeof this.#ledger === 'number';
  }

  async #run(nowMs: number): Promise<void> {
    await Promise.all([
      this.#node === null ? this.#askNode() : null,
      typeof this.#ledger === 'number' ? null : this.#askLedger(),
    ]);
    this.#isAsking = false;
    this.#failures = this.#isComplete ? 0 : this.#failures + 1;
    this.#retryAtMs = nowMs + backoffMs(this.#failures, RETRY_MAX_MS);
    this.#deps.onAnswer();
  }

  async #askNode(): Promise<void> {
    try {
      const { height, order_ms: orderMs } = await this.#deps.askNode();
      this.#node = { height, orderMs };
    } catch (error) {
      this.#failed('node', error);
    }
  }

  async #askLedger(): Promise<void> {
    const { askLedger } = this.#deps;
    try {
      const height = askLedger === null ? 0 : await askLedger();
      // What the drain has seen before it wrote is older than this answer.
      if (typeof this.#ledger !== 'number') this.#ledger = height;
    } catch (error) {
      this.#ledger ??= 'away';
      this.#failed('ledger', error);
    }
  }

  #failed(record: 'node' | 'ledger', error: unknown): void {
    this.#deps.log.warning('a record that is asked before signing did not answer', {
      function: 'signing',
      record,
      error: errorText(error),
    });
  }
}
