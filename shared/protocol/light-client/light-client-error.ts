/** @module What can be wrong with what a light client is shown. */
import { ProtocolError } from '../primitives/errors.ts';

/** Stable codes; each names the one rule that was broken. */
export type LightClientErrorCode =
  | 'LIGHT_MALFORMED'
  | 'LIGHT_CHAIN_MISMATCH'
  | 'LIGHT_HEIGHT_NOT_ABOVE'
  | 'LIGHT_TIME_NOT_ABOVE'
  | 'LIGHT_PARENT_MISMATCH'
  | 'LIGHT_VALIDATORS_MISMATCH'
  | 'LIGHT_CERTIFICATE_INVALID'
  | 'LIGHT_TRUST_TOO_LOW'
  | 'SNAPSHOT_MALFORMED'
  | 'SNAPSHOT_BLOCK_INVALID'
  | 'SNAPSHOT_CHUNKS_INCOMPLETE'
  | 'SNAPSHOT_STATE_MISMATCH'
  | 'SNAPSHOT_CHUNK_INVALID';

/** Thrown for headers, snapshots and parts of them that others made and that do not hold. */
export class LightClientError extends ProtocolError<LightClientErrorCode> {
  override readonly name = 'LightClientError';
}
