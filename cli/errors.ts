/** @module Failures of the command line: what went wrong, why, what to do, and the exit code that scripts read. */

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

/** The kind of failure that an HTTP status of the node means. 0 = no answer. */
export function kindOfStatus(status: number): FailureKind {
  if (status === 0 || status === 429 || status === 502 || status === 503 || status === 504) return 'network';
  if (status === 401 || status === 403) return 'auth';
  if (status === 404) return 'not_found';
  if (status === 409) return 'conflict';
  if (status === 400 || status === 413 || status === 415) return 'usage';
  return 'runtime';
}
