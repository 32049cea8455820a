/** @module The base of every expected failure of the protocol: a stable code, a sentence, and its facts. */

/** Facts of a failure, in values that every wire can carry. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | null>>;

/** An expected failure. `code` is stable and SCREAMING_SNAKE; `message` is for people and may change. */
export class ProtocolError<Code extends string = string> extends Error {
  override readonly name: string = 'ProtocolError';
  readonly code: Code;
  readonly details: ErrorDetails;

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** What the parsers of primitive values throw. */
export type PrimitiveErrorCode =
  | 'BAD_HEX'
  | 'BAD_ADDRESS'
  | 'BAD_HASH'
  | 'BAD_CONSENSUS_KEY'
  | 'BAD_CHAIN_ID'
  | 'BAD_AMOUNT'
  | 'AMOUNT_OVERFLOW'
  | 'AMOUNT_UNDERFLOW';

/** A primitive value that breaks its own rules. */
export class PrimitiveError extends ProtocolError<PrimitiveErrorCode> {
  override readonly name = 'PrimitiveError';
}
