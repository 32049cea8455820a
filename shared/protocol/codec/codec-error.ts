/** @module The failures of encoding and decoding. */
import { ProtocolError } from '../primitives/errors.ts';

/** Why bytes are not a value of the wanted type, or a value has no encoding. */
export type CodecErrorCode =
  | 'CBOR_TOO_LARGE'
  | 'CBOR_TOO_DEEP'
  | 'CBOR_MALFORMED'
  | 'CBOR_SCHEMA'
  | 'CBOR_NOT_CANONICAL';

/** Thrown by `encode` and `decode`, and by nothing else in this folder. `details.path` names the field for CBOR_SCHEMA. */
export class CodecError extends ProtocolError<CodecErrorCode> {
  override readonly name = 'CodecError';
}

/** Refuses a value at a path such as `header.round` or `txs[3]`. */
export function schemaError(path: string, expected: string): CodecError {
  const where = path === '' ? 'value' : path;
  return new CodecError('CBOR_SCHEMA', `${where}: expected ${expected}`, { path });
}
