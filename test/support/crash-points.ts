/** @module The points at which a test may let the chain object die. */

/** Where a chain object can be made to die: the arrows in the life of a transaction. */
export const CRASH_POINTS = [
  'submit',
  'admission-before-commit',
  'admission-after-commit',
  'block-before-commit',
  'block-after-commit',
  'answer',
  'node-before',
  'node-after',
  'ledger-before',
  'ledger-after',
  'hub-before',
  'hub-after',
] as const;
export type CrashPoint = (typeof CRASH_POINTS)[number];
