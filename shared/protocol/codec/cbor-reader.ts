/**
 * @module Reads bytes that are the deterministic encoding of a value, which nearly all bytes are. It never says what is
 * wrong with others: the library behind `readCbor` reads those again and names the fault.
 */
import { CBOR_DEPTH_MAX } from '../primitives/limits.ts';
import type { CborValue } from './cbor.ts';

const NULL = 0xf6;
/** Forms of a count in the low five bits: up to here the count itself, then one, two, four or eight bytes. */
const INLINE_MAX = 23;
const UINT32_SPAN = 0x1_0000_0000;
/** The high half of 2^53: from here on an integer is a bigint. */
const UNSAFE_HIGH = 0x20_0000;
/** Marks what this reader leaves to the library. */
const REFUSED = Symbol('refused');

// The synchronous state of one read; nothing here calls out.
let bytes: Uint8Array = new Uint8Array();
let at = 0;
let isShared = false;

/**
 * The value, or undefined unless the bytes are exactly its deterministic encoding, in ASCII as far as they hold text. Byte
 * strings are copies, or with `shared` views of the input.
 */
export function readItem(input: Uint8Array, shared = false): CborValue | undefined {
  bytes = input;
  isShared = shared;
  at = 0;
  const value = read(0);
  return value === REFUSED || at !== input.length ? undefined : value;
}

/** The part of the input that is the item which begins at `start`; null where none does. Not a copy. */
export function itemAt(input: Uint8Array, start: number): Uint8Array | null {
  bytes = input;
  at = start;
  return read(0) === REFUSED ? null : input.subarray(start, at);
}

function read(depth: number): CborValue | typeof REFUSED {
  const first = bytes[at++];
  if (first === undefined) return REFUSED;
  if (first === NULL) return null;
  const count = readCount(first & 31);
  if (count === null) return REFUSED;
  const major = first >> 5;
  if (major === 0) return count;
  if (typeof count === 'bigint') return REFUSED;
  if (major === 1) return count === Number.MAX_SAFE_INTEGER ? REFUSED : -1 - count;
  // Every item has at least one byte, so no count is believed beyond what is there.
  if (count > bytes.length - at) return REFUSED;
  if (major === 2) return readBytes(at + count);
  if (major === 3) return readText(at + count);
  return major === 4 && depth < CBOR_DEPTH_MAX ? readArray(count, depth + 1) : REFUSED;
}

function readArray(length: number, depth: number): CborValue | typeof REFUSED {
  const items = new Array<CborValue>(length);
  for (let i = 0; i < length; i++) {
    const item = read(depth);
    if (item === REFUSED) return REFUSED;
    items[i] = item;
  }
  return items;
}

/** A copy unless the caller owns the input: it may be memory that is used again. */
function readBytes(end: number): Uint8Array {
  const start = at;
  at = end;
  return isShared ? bytes.subarray(start, end) : bytes.slice(start, end);
}

function readText(end: number): string | typeof REFUSED {
  let text = '';
  while (at < end) {
    const unit = bytes[at++] as number;
    if (unit >= 0x80) return REFUSED;
    text += String.fromCharCode(unit);
  }
  return text;
}

/** The integer of an item's head; null unless it is there in its shortest form. */
function readCount(form: number): number | bigint | null {
  if (form <= INLINE_MAX) return form;
  const width = 1 << (form - 24);
  if (form > 27 || at + width > bytes.length) return null;
  let low = 0;
  let high = 0;
  for (let i = 0; i < width; i++) {
    if (i === 4) {
      high = low;
      low = 0;
    }
    low = low * 256 + (bytes[at++] as number);
  }
  if (width === 1) return low > INLINE_MAX ? low : null;
  if (width === 2) return low > 0xff ? low : null;
  if (width === 4) return low > 0xffff ? low : null;
  if (high === 0) return null;
  return high < UNSAFE_HIGH ? high * UINT32_SPAN + low : (BigInt(high) << 32n) | BigInt(low);
}
