/** @module A transaction that a node has taken, and how to wait for it. */
import type { SignedTransaction } from '../shared/protocol/transaction/transaction.ts';
import { sleep } from './abort.ts';
import { AtollError } from './errors.ts';
import type { Transport } from './transport.ts';
import type { CallOptions, SubmitOutcome } from './types.ts';

/** How long `wait` waits unless told otherwise. */
export const WAIT_MS_DEFAULT = 60_000;
/** Pause after an answer that came back without waiting on the node's side. */
const WAIT_PAUSE_MS = 250;

export class SentTransaction {
  /** Of the transaction bytes; where it can be looked up for ever. */
  readonly hash: string;
  readonly signed: SignedTransaction;
  /** What the node said when it took the transaction. */
  readonly outcome: SubmitOutcome;
  readonly #transport: Transport;
  readonly #body: unknown;

  constructor(transport: Transport, signed: SignedTransaction, body: unknown, outcome: SubmitOutcome) {
    this.#transport = transport;
    this.#body = body;
    this.signed = signed;
    this.hash = outcome.tx_hash;
    this.outcome = outcome;
  }

  /**
   * Resolves when the transaction is final. Throws TX_DEPARTED when it was replaced, expired, evicted or dropped, and
   * TX_NOT_FINAL after `timeoutMs`: then it may still become final, and the same handle can wait again.
   */
  async wait(
    _until: 'final' = 'final',
    options: CallOptions & { timeoutMs?: number } = {},
  ): Promise<SubmitOutcome> {
    const deadline = Date.now() + (options.timeoutMs ?? WAIT_MS_DEFAULT);
    let { outcome } = this;
    while (outcome.status === 'pending') {
      if (Date.now() >= deadline) {
        throw new AtollError('TX_NOT_FINAL', `${this.hash} is not final yet; it still may become so`);
      }
      const asked = Date.now();
      // The same bytes again are the same transaction: this submits nothing and waits on the node's side.
      outcome = await this.#transport.post<SubmitOutcome>('/rpc/send_tx', this.#body, {
        query: { wait: 'final' },
        signal: options.signal,
        idempotent: true,
      });
      if (outcome.status === 'pending' && Date.now() - asked < WAIT_PAUSE_MS) {
        await sleep(WAIT_PAUSE_MS, options.signal);
      }
    }
    if (outcome.status !== 'final') {
      throw new AtollError('TX_DEPARTED', `${this.hash} left the mempool: ${outcome.status}`);
    }
    this.#transport.observe(outcome.height ?? null, null);
    return outcome;
  }
}
