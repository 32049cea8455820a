/**
 * @module A final transaction as lists and lookups give it: joined from transactions, receipts and blocks.
 */
import type { LedgerRow } from './client-web.ts';
import { decodeRow, type RowOf, selectList } from './rows.ts';
import { blocks, receipts, transactions } from './schema.ts';

const ofTransaction = columnsOfTransaction();
const ofReceipt = { status: receipts.status, feeTaken: receipts.fee, receipt: receipts.bytes };
const ofBlock = { blockHash: blocks.hash, timeMs: blocks.timeMs };
const columns = { ...ofTransaction, ...ofReceipt, ...ofBlock };

function columnsOfTransaction() {
  const { height, txIndex, hash, type, sender, recipient, amount, nonce, fee, bytes } = transactions;
  return { height, txIndex, hash, type, sender, recipient, amount, nonce, fee, bytes };
}

/** A final transaction; `bytes` and `receipt` are canonical, `feeTaken` is what the receipt says. */
export type TransactionRow = RowOf<typeof columns>;

/** Select list and joins over aliases t, r and b. */
export const TRANSACTION_SELECT: string = [
  selectList('t', ofTransaction),
  selectList('r', ofReceipt),
  selectList('b', ofBlock),
].join(', ');
export const TRANSACTION_JOINS = `join receipts r on r.height = t.height and r.tx_index = t.tx_index
  join blocks b on b.height = t.height`;

/** Reads a row selected with TRANSACTION_SELECT. */
export function decodeTransactionRow(row: LedgerRow): TransactionRow {
  return decodeRow(columns, row);
}
