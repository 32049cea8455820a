/** @module Calls to objects: their expected failures and the platform's as ApiError, retried where that is safe. */
import type { Result } from '../../shared/api/objects.ts';
import { ApiError } from '../../shared/api/problems.ts';

/** Told to clients of an overloaded object, in seconds. */
const RETRY_AFTER_S = '1';

/** The value of a result, or its problem as ApiError. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  const { code, detail, extra } = result.problem;
  throw new ApiError(code, detail, { ...(extra === undefined ? {} : { extra }), ...retryHeaders(code) });
}

function retryHeaders(code: string): { headers?: Record<string, string> } {
  return code === 'CHAIN_OVERLOADED' || code === 'MEMPOOL_FULL' || code.startsWith('LEDGER_')
    ? { headers: { 'retry-after': RETRY_AFTER_S } }
    : {};
}

interface PlatformError extends Error {
  readonly overloaded?: boolean;
  readonly retryable?: boolean;
}

/**
 * Calls an object. `call` makes a fresh stub each time, since a stub that failed stays broken. Every call that the Worker
 * makes is idempotent (a submit is, by its hashes), so one failure that the platform calls retryable is retried once;
 * an overloaded object is never asked again. Throws ApiError CHAIN_OVERLOADED.
 */
export async function callObject<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const failure = error as PlatformError;
    if (failure.overloaded === true || failure.retryable !== true) throw overloaded(failure);
  }
  try {
    return await call();
  } catch (error) {
    throw overloaded(error as PlatformError);
  }
}

function overloaded(error: PlatformError): unknown {
  if (error.overloaded !== true && error.retryable !== true) return error;
  return new ApiError('CHAIN_OVERLOADED', 'the chain is busy or restarting; try again', {
    headers: { 'retry-after': RETRY_AFTER_S },
    cause: error,
  });
}

/** Calls an object whose method answers a result. */
export async function callResult<T>(call: () => Promise<Result<T>>): Promise<T> {
  return unwrap(await callObject(call));
}
