/** @module Amounts: non-negative integers below 2^63, always `bigint`, decimal text on wires, 8 bytes in storage. */
import { assert } from './assert.ts';
import { PrimitiveError } from './errors.ts';

/** Largest amount: 2^63 - 1, so that it fits every signed 64-bit column. */
export const AMOUNT_MAX = 2n ** 63n - 1n;

/** Bytes of a stored amount. */
const AMOUNT_BYTES = 8;

/** Decimal digits of AMOUNT_MAX; bounds what `parseAmount` looks at. */
const AMOUNT_DIGITS_MAX = 19;

/** True if the value is an amount. */
function isAmount(value: bigint): boolean {
  return value >= 0n && value <= AMOUNT_MAX;
}

/** Reads decimal digits without sign, spaces or leading zeros. Throws BAD_AMOUNT. */
export function parseAmount(text: string): bigint {
  const wellFormed = text.length <= AMOUNT_DIGITS_MAX && /^(?:0|[1-9][0-9]*)$/.test(text);
  const value = wellFormed ? BigInt(text) : -1n;
  if (!isAmount(value)) {
    throw new PrimitiveError('BAD_AMOUNT', `expected a decimal integer from 0 to ${AMOUNT_MAX}`);
  }
  return value;
}

/** The sum; throws AMOUNT_OVERFLOW above AMOUNT_MAX. */
export function addAmount(a: bigint, b: bigint): bigint {
  const sum = a + b;
  if (sum > AMOUNT_MAX) throw new PrimitiveError('AMOUNT_OVERFLOW', 'the sum is above the largest amount');
  return sum;
}

/** The difference; throws AMOUNT_UNDERFLOW below zero. */
export function subAmount(a: bigint, b: bigint): bigint {
  const difference = a - b;
  if (difference < 0n) throw new PrimitiveError('AMOUNT_UNDERFLOW', 'the difference is below zero');
  return difference;
}

/** 8 bytes, big-endian: sorts as the number does and loses nothing in SQLite. */
export function amountToBytes(value: bigint): Uint8Array<ArrayBuffer> {
  assert(isAmount(value), 'an amount is from 0 to 2^63 - 1');
  const bytes = new Uint8Array(AMOUNT_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, value);
  return bytes;
}

/** Reads what `amountToBytes` writes; anything else is corrupt storage. */
export function amountFromBytes(bytes: Uint8Array): bigint {
  assert(bytes.length === AMOUNT_BYTES, 'a stored amount has 8 bytes');
  const value = new DataView(bytes.buffer, bytes.byteOffset, AMOUNT_BYTES).getBigUint64(0);
  assert(isAmount(value), 'a stored amount is below 2^63');
  return value;
}
