/** @module Expected failures of any layer as ApiError; null for what nobody expected. */
import { ApiError, isProblemCode, type ProblemCode } from '../../shared/api/problems.ts';
import { LedgerError } from '../../shared/ledger/errors.ts';
import { CodecError } from '../../shared/protocol/codec/codec.ts';
import { PrimitiveError, ProtocolError } from '../../shared/protocol/primitives/errors.ts';
import { ledgerProblem } from './ledger.ts';

/** The failure as the client sees it. */
export function toApiError(error: unknown): ApiError | null {
  if (error instanceof ApiError) return error;
  if (error instanceof LedgerError) return ledgerProblem(error) as ApiError;
  if (error instanceof PrimitiveError) return fromProtocol('REQUEST_INVALID', error);
  if (error instanceof CodecError) return fromProtocol('TX_PAYLOAD_INVALID', error);
  if (error instanceof ProtocolError && isProblemCode(error.code)) return fromProtocol(error.code, error);
  return null;
}

function fromProtocol(code: ProblemCode, error: ProtocolError): ApiError {
  return new ApiError(code, error.message, { extra: error.details, cause: error });
}
