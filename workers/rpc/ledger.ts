/** @module Reads of a chain's ledger for routes: one reader per chain and isolate, failures as problems. */
import type { ChainRecord } from '../../shared/api/objects.ts';
import { ApiError, type ProblemCode } from '../../shared/api/problems.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { openLedgerReader } from '../../shared/ledger/endpoints.ts';
import { LedgerError, type LedgerErrorCode } from '../../shared/ledger/errors.ts';
import type { LedgerQuery } from '../../shared/ledger/query.ts';
import type { LedgerRead, LedgerReader } from '../../shared/ledger/reader.ts';
import type { ChainContext, ServedBy } from '../context.ts';
import { ExpiringMap } from './lru.ts';

/** Chains whose reader an isolate keeps. */
const READERS_MAX = 1_000;
/** How long a read waits for the height in X-Min-Height before MIN_HEIGHT, in milliseconds. */
export const MIN_HEIGHT_WAIT_MS = 2_000;

const readers = new ExpiringMap<LedgerReader>(READERS_MAX, Number.POSITIVE_INFINITY);

/** The reader of a chain's ledger. Throws LEDGER_NONE on a node without one. */
export function ledgerReader(settings: Settings, chain: ChainRecord): LedgerReader {
  if (settings.ledger === undefined) throw new ApiError('LEDGER_NONE', 'set DATABASE_URL to have a ledger');
  const key = `${chain.ledger_name} ${chain.genesis_hash}`;
  const known = readers.get(key, 0);
  if (known !== undefined) return known;
  const reader = openLedgerReader(settings.ledger, chain.ledger_name, {
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    genesisHash: chain.genesis_hash,
  });
  readers.set(key, reader, 0);
  return reader;
}

/** Runs a query near the reader, honouring X-Min-Height. Throws ApiError. */
export async function readLedger<T>(
  context: ChainContext,
  query: () => LedgerQuery<T>,
  options: { minHeight?: number; waitMs?: number } = {},
): Promise<LedgerRead<T>> {
  try {
    return await ledgerReader(context.settings, context.chain).read(query(), {
      place: context.place,
      minHeight: options.minHeight ?? context.minHeight,
      waitMs: options.waitMs ?? MIN_HEIGHT_WAIT_MS,
    });
  } catch (error) {
    throw ledgerProblem(error);
  }
}

/** As {@link readLedger}, with null where the ledger cannot answer and the chain's object should be asked. */
export async function tryLedger<T>(
  context: ChainContext,
  query: () => LedgerQuery<T>,
): Promise<LedgerRead<T> | null> {
  try {
    return await readLedger(context, query, { waitMs: 0 });
  } catch (error) {
    if (error instanceof ApiError && FALLS_BACK.has(error.code)) return null;
    throw error;
  }
}

const FALLS_BACK: ReadonlySet<ProblemCode> = new Set([
  'LEDGER_NONE',
  'LEDGER_UNAVAILABLE',
  'LEDGER_PENDING',
  'LEDGER_MIGRATING',
  'MIN_HEIGHT',
]);

const CODES: Readonly<Record<LedgerErrorCode, ProblemCode>> = {
  LEDGER_MIGRATION_CHANGED: 'LEDGER_MIGRATING',
  LEDGER_SCHEMA_NEWER: 'LEDGER_MIGRATING',
  LEDGER_MIGRATING: 'LEDGER_MIGRATING',
  LEDGER_WRONG_CHAIN: 'LEDGER_WRONG_CHAIN',
  LEDGER_CONFLICT: 'LEDGER_UNAVAILABLE',
  LEDGER_GAP: 'LEDGER_UNAVAILABLE',
  LEDGER_MIN_HEIGHT: 'MIN_HEIGHT',
  LEDGER_TIMEOUT: 'LEDGER_UNAVAILABLE',
  LEDGER_UNREACHABLE: 'LEDGER_UNAVAILABLE',
  LEDGER_DATABASE_MISSING: 'LEDGER_PENDING',
  LEDGER_DENIED: 'LEDGER_UNAVAILABLE',
  LEDGER_FAILED: 'LEDGER_UNAVAILABLE',
  CURSOR_INVALID: 'CURSOR_INVALID',
};

/** The problem of a ledger's failure; the driver's own words stay in `cause`, for the log. */
export function ledgerProblem(error: unknown): unknown {
  if (!(error instanceof LedgerError)) return error;
  const code = CODES[error.code];
  const retry = code === 'CURSOR_INVALID' ? {} : { headers: { 'retry-after': '1' } };
  const extra = code === 'MIN_HEIGHT' ? { extra: error.details } : {};
  return new ApiError(code, `${error.code}`.toLowerCase().replaceAll('_', ' '), {
    ...retry,
    ...extra,
    cause: error,
  });
}

/** `X-Served-By` of a ledger read. */
export function servedByLedger(read: LedgerRead<unknown>): ServedBy {
  return read.servedBy.kind === 'primary' ? 'primary' : `replica;region=${read.servedBy.region}`;
}
