/** @module Codecs of single values. */
import { AMOUNT_MAX } from '../primitives/amount.ts';
import { SAFE_UINT_MAX } from '../primitives/limits.ts';
import type { CborValue } from './cbor.ts';
import type { Codec } from './codec.ts';
import { schemaError } from './codec-error.ts';

const SAFE_UINT_MAX_BIG = BigInt(SAFE_UINT_MAX);

/** An integer from 0 to `max` (2^53 - 1 unless said). */
export function uint(max: number = SAFE_UINT_MAX): Codec<number> {
  const check = (value: CborValue, path: string): number => {
    if (typeof value === 'number' && value >= 0 && value <= max && Number.isSafeInteger(value)) return value;
    throw schemaError(path, `an integer from 0 to ${max}`);
  };
  return { toCbor: (value) => check(value, ''), fromCbor: check, isExact: true };
}

/** True or false: the encoding has no booleans but the integers 1 and 0. */
export function flag(): Codec<boolean> {
  const integer = uint(1);
  return {
    toCbor: (value) => (value ? 1 : 0),
    fromCbor: (value, path) => integer.fromCbor(value, path) === 1,
    isExact: true,
  };
}

/** An integer within 2^53 of zero, of either sign. */
export function int(): Codec<number> {
  const check = (value: CborValue, path: string): number => {
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw schemaError(path, 'an integer within 2^53 of zero');
  };
  return { toCbor: (value) => check(value, ''), fromCbor: check, isExact: true };
}

/** An amount: `bigint` from 0 to 2^63 - 1 in values, an unsigned integer in CBOR. */
export function amount(): Codec<bigint> {
  return AMOUNT;
}

const AMOUNT: Codec<bigint> = {
  toCbor(value) {
    if (typeof value === 'bigint' && value >= 0n && value <= AMOUNT_MAX) {
      return value <= SAFE_UINT_MAX_BIG ? Number(value) : value;
    }
    throw schemaError('', `an amount from 0 to ${AMOUNT_MAX}`);
  },
  fromCbor(value, path) {
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) return BigInt(value);
    if (typeof value === 'bigint' && value >= 0n && value <= AMOUNT_MAX) return value;
    throw schemaError(path, `an amount from 0 to ${AMOUNT_MAX}`);
  },
  isExact: true,
};

/** Exactly `length` bytes. */
export function bytes(length: number): Codec<Uint8Array> {
  return byteString((value) => value.length === length, `${length} bytes`);
}

/** At most `max` bytes. */
export function bytesUpTo(max: number): Codec<Uint8Array> {
  return byteString((value) => value.length <= max, `at most ${max} bytes`);
}

function byteString(fits: (value: Uint8Array) => boolean, expected: string): Codec<Uint8Array> {
  const check = (value: CborValue, path: string): Uint8Array => {
    if (value instanceof Uint8Array && fits(value)) return value;
    throw schemaError(path, expected);
  };
  return { toCbor: (value) => check(value, ''), fromCbor: check, isExact: true };
}

/** What a text field takes: at most `max` bytes of UTF-8, and a pattern for its whole length where one is given. */
export interface TextRules {
  readonly max: number;
  readonly pattern?: RegExp;
}

/**
 * Well-formed text of at most `max` bytes in UTF-8. A leading byte order mark is refused, since decoders of the
 * platforms drop it and the text would not come back as it went.
 */
export function text(rules: TextRules): Codec<string> {
  const { max, pattern } = rules;
  const check = (value: CborValue, path: string): string => {
    if (typeof value !== 'string') throw schemaError(path, 'text');
    if (!fitsUtf8(value, max)) throw schemaError(path, `at most ${max} bytes of UTF-8`);
    if (!value.isWellFormed() || value.charCodeAt(0) === 0xfeff) throw schemaError(path, 'well-formed text');
    if (pattern !== undefined && !pattern.test(value))
      throw schemaError(path, `text matching ${pattern.source}`);
    return value;
  };
  return { toCbor: (value) => check(value, ''), fromCbor: check, isExact: true };
}

/** A UTF-16 unit takes one to three bytes in UTF-8, so most texts are decided by their length. */
function fitsUtf8(value: string, max: number): boolean {
  if (value.length > max) return false;
  if (value.length * 3 <= max) return true;
  let size = 0;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    const isSurrogate = unit >= 0xd800 && unit <= 0xdfff;
    // Each half of a surrogate pair stands for two of the four bytes.
    size += unit < 0x80 ? 1 : unit < 0x800 || isSurrogate ? 2 : 3;
  }
  return size <= max;
}
