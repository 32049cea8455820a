/** @module What a transaction sees while it is applied: the overlay behind the port of the transaction types. */

import { AMOUNT_MAX } from '../primitives/amount.ts';
import { assert } from '../primitives/assert.ts';
import type { Address, HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { RECEIPT_EVENTS_MAX, STATE_KEY_BYTES_MAX, STATE_VALUE_BYTES_MAX } from '../primitives/limits.ts';
import { OWN_TYPE_CODE_MIN, type TransactionType } from '../transaction/define-transaction.ts';
import { requiredFee } from '../transaction/fees.ts';
import { EVENT_VALUE_BYTES_MAX } from '../transaction/limits.ts';
import type { ReceiptEvent } from '../transaction/receipt.ts';
import { TransactionFailure } from '../transaction/receipt-status.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import type { AccountState, TransactionContext } from '../transaction/transaction-context.ts';
import type { ValidatorActions } from '../transaction/validator-actions.ts';
import { ACCOUNT_NAMESPACE, readAccount, writeAccount } from './account.ts';
import { AUTHORITY_VOTES_NAMESPACE } from './authority-votes.ts';
import type { BlockEnvironment } from './block-environment.ts';
import { CLOCK_NAMESPACE } from './clock.ts';
import { EVIDENCE_NAMESPACE } from './evidence-records.ts';
import { LIVENESS_NAMESPACE } from './liveness.ts';
import type { Overlay } from './overlay.ts';
import { PARAMS_NAMESPACE } from './params.ts';
import { senderActions } from './sender-actions.ts';
import { SET_HISTORY_NAMESPACE } from './set-history.ts';
import { STAKER_NAMESPACE } from './staker.ts';
import { SUPPLY_NAMESPACE } from './supply.ts';
import { UNBONDING_NAMESPACE } from './unbonding.ts';
import { VALIDATOR_NAMESPACE } from './validator-record.ts';
import { VALIDATORS_NAMESPACE } from './validators.ts';

/** Namespaces that own types read but never write. */
const PROTOCOL_NAMESPACES: ReadonlySet<string> = new Set([
  ACCOUNT_NAMESPACE,
  SUPPLY_NAMESPACE,
  VALIDATORS_NAMESPACE,
  VALIDATOR_NAMESPACE,
  SET_HISTORY_NAMESPACE,
  STAKER_NAMESPACE,
  UNBONDING_NAMESPACE,
  LIVENESS_NAMESPACE,
  AUTHORITY_VOTES_NAMESPACE,
  EVIDENCE_NAMESPACE,
  CLOCK_NAMESPACE,
  PARAMS_NAMESPACE,
]);

/** The context of one transaction over an overlay. The caller took fee and nonce before and rolls back a failure. */
export class OverlayContext implements TransactionContext {
  readonly height: number;
  readonly timeMs: number;
  readonly params: ChainParams;
  readonly sender: Address;
  readonly txHash: HashHex;
  readonly #overlay: Overlay;
  readonly #block: BlockEnvironment;
  readonly #type: TransactionType;
  readonly #events: ReceiptEvent[] = [];
  /** What the fee leaves for opening accounts. */
  #feeLeft: bigint;

  constructor(overlay: Overlay, block: BlockEnvironment, signed: SignedTransaction, type: TransactionType) {
    this.height = block.height;
    this.timeMs = block.timeMs;
    this.params = block.params;
    this.sender = signed.sender;
    this.txHash = signed.hash;
    this.#overlay = overlay;
    this.#block = block;
    this.#type = type;
    this.#feeLeft = signed.transaction.fee - requiredFee(block.params, signed.bytes.length);
  }

  /** Events so far, in order. */
  get events(): readonly ReceiptEvent[] {
    return this.#events;
  }

  get validators(): ValidatorActions {
    return senderActions({ store: this.#overlay, block: this.#block, sender: this.sender });
  }

  account(address: Address): AccountState {
    return readAccount(this.#overlay, address);
  }

  credit(address: Address, amount: bigint): void {
    assert(amount >= 0n, 'a credit is not negative');
    const { nonce, balance, exists } = this.account(address);
    if (!exists) this.#payForAccount();
    if (balance + amount > AMOUNT_MAX) throw new TransactionFailure('BALANCE_OVERFLOW');
    writeAccount(this.#overlay, address, { nonce, balance: balance + amount });
  }

  debit(address: Address, amount: bigint): void {
    assert(amount >= 0n, 'a debit is not negative');
    const { nonce, balance } = this.account(address);
    if (balance < amount) throw new TransactionFailure('INSUFFICIENT_BALANCE');
    writeAccount(this.#overlay, address, { nonce, balance: balance - amount });
  }

  get(namespace: string, key: Uint8Array): Uint8Array | null {
    return this.#overlay.get(namespace, key);
  }

  set(namespace: string, key: Uint8Array, value: Uint8Array | null): void {
    assert(namespace !== ACCOUNT_NAMESPACE, 'accounts change by credit and debit only');
    const isOwn = this.#type.type >= OWN_TYPE_CODE_MIN;
    assert(
      !isOwn || !PROTOCOL_NAMESPACES.has(namespace),
      `the namespace ${namespace} belongs to the protocol`,
    );
    if (key.length > STATE_KEY_BYTES_MAX || (value !== null && value.length > STATE_VALUE_BYTES_MAX)) {
      throw new TransactionFailure('STATE_LIMIT');
    }
    this.#overlay.set(namespace, key, value);
  }

  emit(name: string, values: ReceiptEvent['values']): void {
    const documented = this.#type.events[name];
    assert(documented !== undefined, `${this.#type.name} does not document the event ${name}`);
    assert(documented.length === values.length, `${name} has one value per documented name`);
    const isTooMuch = this.#events.length >= RECEIPT_EVENTS_MAX || values.some(isTooLarge);
    if (isTooMuch) throw new TransactionFailure('EVENT_LIMIT');
    this.#events.push({
      name,
      values: values.map((value) => (typeof value === 'number' ? BigInt(value) : value)),
    });
  }

  /** The fee field pays for each account that the transaction opens, on top of what its bytes need. */
  #payForAccount(): void {
    this.#feeLeft -= this.params.newAccountFee;
    if (this.#feeLeft < 0n) throw new TransactionFailure('NEW_ACCOUNT_FEE');
  }
}

const utf8 = new TextEncoder();

function isTooLarge(value: ReceiptEvent['values'][number]): boolean {
  if (typeof value === 'string') return utf8.encode(value).length > EVENT_VALUE_BYTES_MAX;
  if (value instanceof Uint8Array) return value.length > EVENT_VALUE_BYTES_MAX;
  return value < 0 || value > AMOUNT_MAX;
}
