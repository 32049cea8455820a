/** @module Failures of the command line: what went wrong, why, what to do, and the exit code that scripts read. */

import { AtollError } from '../sdk/index.ts';

/** Kind of failure -> exit code. Kept stable: scripts branch on it. */
export const EXIT_CODES = {
  runtime: 1,
  usage: 2,
  not_found: 3,
  auth: 4,
  conflict: 5,
  network: 6,
  interrupted: 130,
} as const;
export type FailureKind = keyof typeof EXIT_CODES;

/** Ends a command: `message` says what and why, `hint` what to do, `code` is the problem code of the node if it gave one. */
export class CliError extends Error {
  readonly kind: FailureKind;
  readonly hint: string | null;
  readonly code: string | null;

  constructor(
    kind: FailureKind,
    message: string,
    options: { hint?: string; code?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'CliError';
    this.kind = kind;
    this.hint = options.hint ?? null;
    this.code = options.code ?? null;
  }
}

/** Kinds of failures that the SDK finds by itself; all others go by their HTTP status. */
const KIND_OF_CODE: Readonly<Record<string, FailureKind>> = {
  NETWORK_ERROR: 'network',
  ANSWER_INVALID: 'network',
  TX_NOT_FINAL: 'network',
  GENESIS_CHANGED: 'conflict',
  SIGNER_MISSING: 'auth',
  ARGUMENT_INVALID: 'usage',
  TX_DEPARTED: 'runtime',
};

/** What a person can do about a code. The message of the node says the rest. */
const HINT_OF_CODE: Readonly<Record<string, string>> = {
  NETWORK_ERROR: 'start a node with "npm run devnet", or name one with --rpc-url or ATOLL_RPC_URL',
  ANSWER_INVALID: 'is this the URL of an Atoll node? See --rpc-url and ATOLL_RPC_URL',
  TX_NOT_FINAL: 'look again later with "atoll tx get HASH"; sending the same transaction again is safe',
  TX_INSUFFICIENT_BALANCE: 'see what the account owns with "atoll balance ADDRESS"',
  CHAIN_UNKNOWN: 'see the chains of the node with "atoll chain list"',
  UNAUTHORIZED: "set ATOLL_ADMIN_TOKEN to the node's ADMIN_TOKEN",
};

/** Any failure as the command reports it. */
export function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof AtollError) return fromNode(error.code, error.status, withoutCode(error), error);
  if (!(error instanceof Error)) return new CliError('runtime', String(error));
  return new CliError('runtime', messageOf(error), { cause: error });
}

/** A failure that a node reported by its code and HTTP status. */
export function fromNode(code: string, status: number, message: string, cause?: unknown): CliError {
  const hint = HINT_OF_CODE[code];
  return new CliError(KIND_OF_CODE[code] ?? kindOfStatus(status), message, {
    code,
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** The code is shown beside the message. */
function withoutCode(error: AtollError): string {
  return messageOf(error).replace(`${error.code}: `, '');
}

function messageOf(error: Error): string {
  const causes: string[] = [];
  for (let { cause } = error; cause instanceof Error; cause = cause.cause) {
    const text = cause.message || String((cause as NodeJS.ErrnoException).code ?? '');
    if (text !== '') causes.push(text);
  }
  const last = causes.at(-1);
  return last === undefined ? error.message : `${error.message} (${last})`;
}

/** The kind of failure that an HTTP status of the node means. 0 = no answer. */
function kindOfStatus(status: number): FailureKind {
  if (status === 0 || status === 429 || status === 502 || status === 503 || status === 504) return 'network';
  if (status === 401 || status === 403) return 'auth';
  if (status === 404) return 'not_found';
  if (status === 409) return 'conflict';
  if (status === 400 || status === 413 || status === 415) return 'usage';
  return 'runtime';
}
