/** @module Status codes of receipts and the failure that carries one out of `apply`. */
import { assert } from '../primitives/assert.ts';

/** Status of a receipt by name. Codes are fixed for ever; own types use 1000 and above. */
export const RECEIPT_STATUS = {
  /** Applied. */
  OK: 0,
  /** The sender cannot pay what the transaction moves, after its fee. */
  INSUFFICIENT_BALANCE: 1,
  /** The asset is not known on this chain. */
  ASSET_UNKNOWN: 2,
  /** The fee covers the transaction but not the account that it would open. */
  NEW_ACCOUNT_FEE: 3,
  /** The recipient's balance would exceed the largest amount. */
  BALANCE_OVERFLOW: 4,
  /** More events than a receipt holds, or one with a value that is too long. */
  EVENT_LIMIT: 5,
  /** A state key or value that is too long. */
  STATE_LIMIT: 6,
  /** No validator is registered under this key. */
  VALIDATOR_UNKNOWN: 7,
  /** The consensus key is registered, now or before. */
  VALIDATOR_EXISTS: 8,
  /** The consensus key is not usable or its proof of possession does not hold. */
  POSSESSION_NOT_PROVED: 9,
  /** The sender does not operate this validator. */
  NOT_THE_OPERATOR: 10,
  /** The validator signed twice and is out for good. */
  VALIDATOR_TOMBSTONED: 11,
  /** `unjail` of a validator that is not jailed. */
  VALIDATOR_NOT_JAILED: 12,
  /** The time in jail is not over. */
  VALIDATOR_STILL_JAILED: 13,
  /** The sender has less at stake with this validator. */
  INSUFFICIENT_STAKE: 14,
  /** What was staked before is worth nothing, so that a share has no price. */
  STAKE_WORTHLESS: 15,
  /** As many delegations, unbonding entries, waiting validators, registrations or votes as there may be. */
  LIMIT_REACHED: 16,
  /** There is no reward to withdraw. */
  NOTHING_TO_WITHDRAW: 17,
  /** It would leave a chain without voting power. */
  NO_POWER_LEFT: 18,
  /** The validators of a chain between parties are fixed by its genesis. */
  VALIDATORS_FIXED: 19,
  /** The sender operates no authority. */
  NOT_AN_AUTHORITY: 20,
  /** Subject or value do not fit the kind of the vote, or the change is none. */
  VOTE_INVALID: 21,
  /** A vote about this is open with another value. */
  VOTE_OPEN: 22,
  /** There is no approval of the sender to take back. */
  VOTE_UNKNOWN: 23,
  /** This version records no votes of this kind. */
  INACTIVE: 24,
} as const;
export type ReceiptStatusName = keyof typeof RECEIPT_STATUS;

const NAMES = new Map<number, string>(Object.entries(RECEIPT_STATUS).map(([name, code]) => [code, name]));

/** Name of a status code; `STATUS_<code>` for those of own types. */
export function receiptStatusName(status: number): string {
  return NAMES.get(status) ?? `STATUS_${status}`;
}

/** Ends `apply` without effect: the receipt gets `status`, fee and nonce stay taken. */
export class TransactionFailure extends Error {
  override readonly name = 'TransactionFailure';
  readonly status: number;

  constructor(status: ReceiptStatusName | number) {
    const code = typeof status === 'number' ? status : RECEIPT_STATUS[status];
    assert(Number.isInteger(code) && code > 0 && code <= 65_535, 'a failure has a status from 1 to 65,535');
    super(receiptStatusName(code));
    this.status = code;
  }
}
