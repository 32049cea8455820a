/** @module Checks a value from outside against its schema; faults become one REQUEST_INVALID with pointers. */
import type { z } from 'zod';
import { ApiError, type ProblemFault } from './problems.ts';

/** Faults that one problem lists; more would only repeat the first ones. */
export const FAULTS_MAX = 20;

/** The parsed value. Throws ApiError REQUEST_INVALID; pointers start with `pointer` (RFC 6901). */
export function checkShape<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  pointer: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => toFaults(issue, pointer)).slice(0, FAULTS_MAX);
  const [first] = errors;
  const detail =
    first === undefined ? 'the request does not match its schema' : `${first.pointer}: ${first.detail}`;
  throw new ApiError('REQUEST_INVALID', detail, { errors });
}

/** An unknown member gets its own pointer, one for each. */
function toFaults(issue: z.core.$ZodIssue, pointer: string): ProblemFault[] {
  const at = pointer + issue.path.map((token) => `/${escapeToken(String(token))}`).join('');
  if (issue.code !== 'unrecognized_keys') return [{ pointer: at, detail: issue.message }];
  return issue.keys.map((key) => ({ pointer: `${at}/${escapeToken(key)}`, detail: 'unknown member' }));
}

function escapeToken(token: string): string {
  return token.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1');
}
