/**
 * @module When a chain takes no more transactions: before its storage is full, and before more blocks wait for the ledger
 * than the operator allows. What was acknowledged is never given up for what is new.
 */
import type { Settings } from '../../shared/api/settings.ts';
import { fail } from '../runtime/rpc-result.ts';

/** Share of the limit at which writes end: blocks of what was acknowledged must still fit. */
const FULL_AT = 0.9;

export interface StorageUse {
  /** Bytes of the object's database. */
  readonly databaseBytes: number;
  /** Blocks that the ledger does not have; 0 for a chain without one. */
  readonly outboxBlocks: number;
}

/** The refusal that a new transaction gets, or null. Codes CHAIN_FULL and LEDGER_BEHIND. */
export function refusalFor(
  use: StorageUse,
  limits: Pick<Settings, 'storageLimitBytes' | 'outboxBlocksMax'>,
): ReturnType<typeof fail> | null {
  if (use.databaseBytes >= limits.storageLimitBytes * FULL_AT) {
    return fail(
      'CHAIN_FULL',
      'the storage of this chain is nine tenths full: raise STORAGE_LIMIT or start another chain',
    );
  }
  if (use.outboxBlocks > limits.outboxBlocksMax) {
    return fail('LEDGER_BEHIND', `more than ${limits.outboxBlocksMax} blocks wait for the ledger`);
  }
  return null;
}
