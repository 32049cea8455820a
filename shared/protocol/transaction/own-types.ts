/**
 * @module The transaction types of an app chain: define each in a file of its own with `defineTransaction` and list it
 * here. Nodes, SDK and command line of this tree then speak it; codes start at OWN_TYPE_CODE_MIN.
 */
import type { TransactionType } from './define-transaction.ts';

export const ownTransactions: readonly TransactionType[] = [];
