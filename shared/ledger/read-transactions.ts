/** @module Final transactions from the ledger: one by hash, and lists by address and type. */
import type { Address, HashHex } from '../protocol/primitives/brand.ts';
import type { ListIdentity } from './cursor.ts';
import type { LedgerQuery } from './query.ts';
import type { PageRequest } from './read-blocks.ts';
import { type ListSource, readPage, type TransactionPage } from './transaction-page.ts';
import {
  decodeTransactionRow,
  TRANSACTION_JOINS,
  TRANSACTION_SELECT,
  type TransactionRow,
} from './transaction-row.ts';

/** One final transaction, or null. */
export function readTransaction(hash: HashHex | string): LedgerQuery<TransactionRow | null> {
  const sql = `select ${TRANSACTION_SELECT} from transactions t ${TRANSACTION_JOINS} where t.hash = ?`;
  return {
    minHeight: 0,
    statements: [{ sql, args: [hash] }],
    decode: ([rows = []]) => (rows[0] === undefined ? null : decodeTransactionRow(rows[0])),
  };
}

/** Transactions, of one address and of one type where given. Throws CURSOR_INVALID. */
export function readTransactions(
  request: PageRequest & { readonly address?: Address | string; readonly type?: number },
): LedgerQuery<TransactionPage> {
  const { address = null, type = null, order = 'desc' } = request;
  const list: ListIdentity = ['transactions', order, address, type];
  return readPage(list, sourceOf(address, type), request);
}

/** Messages that an address received or sent. */
export type MessageBox = 'inbox' | 'sent';

/** The messages of an address. Throws CURSOR_INVALID. */
export function readMessages(
  request: PageRequest & { readonly address: Address | string; readonly box?: MessageBox },
): LedgerQuery<TransactionPage> {
  const { address, box = 'inbox', order = 'desc' } = request;
  // Literal, as in the partial indexes: only so does SQLite see that they apply. By itself it prefers the
  // primary key.
  const where = `type = 1 and role <> ${box === 'inbox' ? 1 : 2} and address = ?`;
  const index = box === 'inbox' ? 'messages_received' : 'messages_sent';
  const source: ListSource = {
    from: `address_transactions indexed by ${index}`,
    where,
    args: [address],
    filter: null,
  };
  return readPage(['messages', order, address, box], source, request);
}

/** The index that gives the list in order. What no index holds together is filtered within a bounded scan. */
function sourceOf(address: string | null, type: number | null): ListSource {
  const filter = type === null ? null : BigInt(type);
  if (address !== null)
    return { from: 'address_transactions', where: 'address = ?', args: [address], filter };
  if (filter === null || filter === 0n) return { from: 'transactions', where: 'true', args: [], filter };
  return { from: 'transactions', where: 'type = ? and type <> 0', args: [filter], filter: null };
}
