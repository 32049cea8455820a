/** @module Assertions: what fails here is a bug of this program, never bad input. */

/** Thrown when an assertion fails. Nothing but a process boundary may catch it. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
}

/** States what must hold; `why` says what is broken when it does not. */
export function assert(condition: boolean, why: string): asserts condition {
  if (!condition) throw new AssertionError(why);
}

/** Closes an exhaustive switch: the compiler refuses it while a case is missing. */
export function assertNever(value: never): never {
  throw new AssertionError(`unreachable case: ${String(value)}`);
}
