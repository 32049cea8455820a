/** @module Typed codecs: a value has one encoding, and bytes are accepted only if they are it. */
import { type CborValue, isCborOf, plainBytes, readCbor, writeCbor } from './cbor.ts';
import { readItem } from './cbor-reader.ts';
import { CodecError } from './codec-error.ts';

export type { CborValue } from './cbor.ts';
export { itemAt } from './cbor-reader.ts';
export { CodecError } from './codec-error.ts';
export {
  addressCodec,
  choice,
  consensusKeyCodec,
  hashCodec,
  list,
  mapped,
  nullable,
  tuple,
} from './composites.ts';
export { amount, bytes, bytesUpTo, flag, int, text, uint } from './scalars.ts';

/** Turns values of one type into CBOR and back. `fromCbor` throws CodecError with the path; both directions check. */
export interface Codec<T> {
  toCbor(value: T): CborValue;
  fromCbor(value: CborValue, path: string): T;
  /** True where `toCbor` gives back whatever `fromCbor` takes, so that deterministic bytes need no second look. */
  readonly isExact?: boolean;
}

/** The type of a codec's values. */
export type ValueOf<C> = C extends Codec<infer T> ? T : never;

/** The one encoding of the value. Throws CodecError (CBOR_SCHEMA) for a value outside its type's range. */
export function encode<T>(codec: Codec<T>, value: T): Uint8Array<ArrayBuffer> {
  return writeCbor(codec.toCbor(value));
}

/**
 * The value whose one encoding these bytes are. Size is checked before anything is read, then the structure, then the
 * schema, and at last the value is encoded again and must give the same bytes: by doing it, or for an exact codec by the
 * reader, which takes deterministic bytes only. Throws CodecError.
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, maxBytes: number): T {
  return decodeFrom(codec, bytes, maxBytes, false);
}

/**
 * As `decode`, for bytes that are kept beside the value and never change: byte strings in it are views of them, not copies,
 * since an array of its own costs more than the 32 or 64 bytes in it.
 */
export function decodeViews<T>(codec: Codec<T>, bytes: Uint8Array, maxBytes: number): T {
  return decodeFrom(codec, bytes, maxBytes, true);
}

function decodeFrom<T>(codec: Codec<T>, bytes: Uint8Array, maxBytes: number, shared: boolean): T {
  if (bytes.length > maxBytes) {
    throw new CodecError('CBOR_TOO_LARGE', `${bytes.length} bytes, at most ${maxBytes} allowed`, {
      maxBytes,
    });
  }
  const direct = codec.isExact === true ? readItem(plainBytes(bytes), shared) : undefined;
  if (direct !== undefined) return codec.fromCbor(direct, '');
  const value = codec.fromCbor(readCbor(bytes, shared), '');
  if (!isCborOf(codec.toCbor(value), bytes)) {
    throw new CodecError('CBOR_NOT_CANONICAL', 'the bytes are not the one encoding of their value');
  }
  return value;
}
