/** @module Expected failures of the ledger. Codes are stable. */
import { type ErrorDetails, ProtocolError } from '../protocol/primitives/errors.ts';

/** What each code means. */
export const LEDGER_ERRORS = {
  LEDGER_MIGRATION_CHANGED:
    'a migration that this database has been through differs from the one of this program',
  LEDGER_SCHEMA_NEWER: 'the database was migrated by a newer program, which alone may write it',
  LEDGER_MIGRATING: 'the database has no schema yet, or an older one',
  LEDGER_WRONG_CHAIN: 'the database holds another chain',
  LEDGER_CONFLICT: 'the database holds another block or transaction at the place of this one',
  LEDGER_GAP: 'a block is missing below the ones to write',
  LEDGER_MIN_HEIGHT: 'the primary does not have the height that was asked for',
  LEDGER_TIMEOUT: 'the database did not answer in time',
  LEDGER_UNREACHABLE: 'the database could not be reached',
  LEDGER_DATABASE_MISSING: 'the server has no database of this name',
  LEDGER_DENIED: 'the server refuses the token',
  LEDGER_FAILED: 'the server answered with an error of its own',
  CURSOR_INVALID: 'the cursor is not one that this list gave out',
} as const;
export type LedgerErrorCode = keyof typeof LEDGER_ERRORS;

/** An expected failure of the ledger. `cause` is the driver's error where there was one. */
export class LedgerError extends ProtocolError<LedgerErrorCode> {
  override readonly name = 'LedgerError';
  override readonly cause: unknown;

  constructor(
    code: LedgerErrorCode,
    message: string = LEDGER_ERRORS[code],
    details: ErrorDetails = {},
    cause?: unknown,
  ) {
    super(code, message, details);
    this.cause = cause;
  }
}
