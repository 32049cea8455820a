/** @module A pending transaction and how pending transactions are ordered. */
import { compareFeeRate } from '../transaction/fees.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';

/** What a row has to keep of a pending transaction, with the decoded form of its bytes. */
export interface PoolRow {
  readonly signed: SignedTransaction;
  /** When the node took it, milliseconds since 1970. */
  readonly receivedMs: number;
  /** Order of arrival on this node; unique. */
  readonly sequence: number;
}

/** A pending transaction with what ordering asks for, computed once. */
export interface PoolEntry extends PoolRow {
  /** Native units that must be covered: the fee and what the transaction moves. */
  readonly cost: bigint;
  /** Fee per byte as the nearest float: decides when it is clear. */
  readonly rate: number;
}

/** Far above the error of a float division, far below any difference that matters. */
const RATE_TOLERANCE = 1e-9;

/** Makes an entry of a row and the native units that the transaction moves. */
export function poolEntry(row: PoolRow, spends: bigint): PoolEntry {
  const { fee } = row.signed.transaction;
  return { ...row, cost: fee + spends, rate: Number(fee) / row.signed.bytes.length };
}

/** Whether `a` goes first: more fee per byte, exactly; then the earlier arrival. */
export function goesBefore(a: PoolEntry, b: PoolEntry): boolean {
  const difference = a.rate - b.rate;
  if (Math.abs(difference) > RATE_TOLERANCE * Math.max(a.rate, b.rate)) return difference > 0;
  const exact = compareFeeRate(feeRate(a), feeRate(b));
  return exact === 0 ? a.sequence < b.sequence : exact > 0;
}

function feeRate({ signed }: PoolEntry) {
  return { fee: signed.transaction.fee, byteLength: signed.bytes.length };
}
