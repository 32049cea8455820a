/** @module How object methods answer: expected failures are values, since error classes do not cross RPC. */
import type { ObjectProblem, Result } from '../../shared/api/objects.ts';
import type { ProblemCode } from '../../shared/api/problems.ts';

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail(
  code: ProblemCode,
  detail: string,
  extra?: NonNullable<ObjectProblem['extra']>,
): { ok: false; problem: ObjectProblem } {
  return { ok: false, problem: { code, detail, ...(extra === undefined ? {} : { extra }) } };
}
