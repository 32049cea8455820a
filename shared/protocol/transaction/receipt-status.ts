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
