/** @module Answers and failures as HTTP responses, with the headers that every response has. */
import type { ChainRecord } from '../../shared/api/objects.ts';
import { ApiError, PROBLEM_TYPE, problemSpec, toProblem } from '../../shared/api/problems.ts';
import { createLogger, errorText } from '../../shared/observability/log.ts';
import type { Answer } from '../context.ts';
import { corsHeaders } from '../middleware/cors.ts';
import { toApiError } from './to-api-error.ts';

const log = createLogger('workers.rpc');

/** Final content under its own hash: the same for ever. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** What is known of an exchange when it is answered. */
export interface Exchange {
  readonly requestId: string;
  readonly chain: ChainRecord | null;
  /** Route name; `unknown` where no route matched. */
  readonly route: string;
  readonly isAdmin: boolean;
}

function baseHeaders(exchange: Exchange): Headers {
  const headers = new Headers(exchange.isAdmin ? undefined : corsHeaders());
  headers.set('x-request-id', exchange.requestId);
  headers.set('x-content-type-options', 'nosniff');
  headers.set('cache-control', 'no-store');
  if (exchange.chain !== null) {
    headers.set('x-chain-id', exchange.chain.chain_id);
    headers.set('x-genesis-hash', exchange.chain.genesis_hash);
  }
  return headers;
}

/** The response of a handler's answer; 304 where the client has it. */
export function answerResponse(answer: Answer, exchange: Exchange, ifNoneMatch: string | null): Response {
  const headers = baseHeaders(exchange);
  for (const [name, value] of Object.entries(answer.headers ?? {})) headers.set(name, value);
  if (answer.height !== undefined) headers.set('x-chain-height', String(answer.height));
  if (answer.servedBy !== undefined) headers.set('x-served-by', answer.servedBy);
  if (answer.etag !== undefined) {
    headers.set('etag', `"${answer.etag}"`);
    headers.set(
      'cache-control',
      exchange.chain?.chain_type === 'bilateral' ? 'private, no-store' : IMMUTABLE,
    );
    if (ifNoneMatch === `"${answer.etag}"`) return new Response(null, { status: 304, headers });
  }
  headers.set('content-type', answer.type ?? 'application/json; charset=utf-8');
  const body = answer.type === undefined ? JSON.stringify(answer.body) : String(answer.body);
  return new Response(body, { status: answer.status, headers });
}

/** The problem of any failure. What nobody expected is logged with its stack and answered as INTERNAL. */
export function failureOf(error: unknown, exchange: Exchange): ApiError {
  const known = toApiError(error);
  const fields = {
    function: 'failureOf',
    request_id: exchange.requestId,
    route: exchange.route,
    chain_id: exchange.chain?.chain_id,
  };
  if (known === null) {
    const stack = error instanceof Error ? error.stack : undefined;
    log.error('unexpected failure', { ...fields, error: errorText(error), stack });
    return new ApiError('INTERNAL', errorText(error), { cause: error });
  }
  if (problemSpec(known.code).status >= 500) {
    const cause = known.cause === undefined ? undefined : errorText(known.cause);
    log.warning('request refused', { ...fields, code: known.code, detail: known.detail, cause });
  }
  return known;
}

/** The response of a failure. */
export function problemResponse(error: ApiError, exchange: Exchange): Response {
  const headers = baseHeaders(exchange);
  for (const [name, value] of Object.entries(error.headers)) headers.set(name, value);
  headers.set('content-type', PROBLEM_TYPE);
  const problem = toProblem(error, exchange.requestId);
  return new Response(JSON.stringify(problem), { status: problem.status, headers });
}
