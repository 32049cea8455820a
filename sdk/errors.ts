/** @module Everything that the SDK throws. A failure that the node explains carries its problem and stable code. */
import type { Problem, ProblemCode } from '../shared/api/problems.ts';

/** Codes of failures that no node reports. */
export type ClientCode =
  | 'NETWORK_ERROR'
  | 'ANSWER_INVALID'
  | 'GENESIS_CHANGED'
  | 'TX_NOT_FINAL'
  | 'TX_DEPARTED'
  | 'SIGNER_MISSING'
  | 'ARGUMENT_INVALID';

/** Base of all errors of the SDK. `code` is stable; `status` is the HTTP status, 0 where there was no answer. */
export class AtollError extends Error {
  readonly code: ProblemCode | ClientCode;
  readonly status: number;
  readonly problem: Problem | null;

  constructor(
    code: ProblemCode | ClientCode,
    message: string,
    options: { status?: number; problem?: Problem; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.status = options.status ?? 0;
    this.problem = options.problem ?? null;
  }
}

/** No usable answer: the node cannot be reached, or something else answered. */
export class NetworkError extends AtollError {}
/** The request is wrong; sending it again changes nothing. */
export class RequestError extends AtollError {}
/** No such chain, block, transaction, route. */
export class NotFoundError extends AtollError {}
/** The chain does not take the transaction. */
export class TransactionRejectedError extends AtollError {}
/** The node cannot serve this now; later it may. */
export class UnavailableError extends AtollError {}
/** The subscription has ended for a reason that a reconnect does not cure. */
export class SubscriptionError extends AtollError {}
/** The url now serves another chain than before: cached nonces, cursors and heights mean nothing there. */
export class GenesisChangedError extends AtollError {
  readonly expected: string;
  readonly actual: string;

  constructor(expected: string, actual: string) {
    super('GENESIS_CHANGED', `the node serves genesis ${actual}, expected ${expected}`);
    this.expected = expected;
    this.actual = actual;
  }
}

/** The error of a problem, by its code and status. */
export function errorOf(problem: Problem): AtollError {
  const { code, status, detail, title } = problem;
  const message = `${code}: ${detail === '' ? title : detail}`;
  const options = { status, problem };
  if (code.startsWith('TX_') && status !== 404) return new TransactionRejectedError(code, message, options);
  if (code.startsWith('MEMPOOL_')) return new TransactionRejectedError(code, message, options);
  if (status === 404) return new NotFoundError(code, message, options);
  if (status === 429 || status >= 500 || problem.retryable)
    return new UnavailableError(code, message, options);
  return new RequestError(code, message, options);
}
