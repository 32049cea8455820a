/** @module Lists of the ledger, also of a chain without a block: its database is made with the first one. */
import { ApiError } from '../../shared/api/problems.ts';
import type { LedgerQuery } from '../../shared/ledger/query.ts';
import type { LedgerRead } from '../../shared/ledger/reader.ts';
import type { ChainContext } from '../context.ts';
import { headSnapshot } from './head.ts';
import { readLedger } from './ledger.ts';

/** Runs the query; `empty` is the answer while the chain is at height 0 and its ledger is not there. */
export async function readList<T>(
  context: ChainContext,
  query: () => LedgerQuery<T>,
  empty: T,
): Promise<LedgerRead<T>> {
  try {
    return await readLedger(context, query);
  } catch (error) {
    const isAbsent =
      error instanceof ApiError && (error.code === 'LEDGER_MIGRATING' || error.code === 'LEDGER_PENDING');
    if (!isAbsent || (await headSnapshot(context)).snapshot.head.height > 0) throw error;
    return { value: empty, height: 0, servedBy: { kind: 'primary' }, lag: 0 };
  }
}
