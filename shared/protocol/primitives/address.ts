/** @module Account addresses: `0x` and 20 bytes in lower-case hex, the head of SHA-256(public key). */
import { assert } from './assert.ts';
import type { Address } from './brand.ts';
import { fromHex, isHexOf, toHex } from './bytes.ts';
import { PrimitiveError } from './errors.ts';

/** Bytes of an address. */
export const ADDRESS_BYTES = 20;

/** True if the text is an address in its only form. */
export function isAddress(text: string): text is Address {
  return isHexOf(text, ADDRESS_BYTES);
}

/** Throws BAD_ADDRESS unless the text is an address in its only form. */
export function parseAddress(text: string): Address {
  if (!isAddress(text)) throw new PrimitiveError('BAD_ADDRESS', 'expected 0x and 40 lower-case hex digits');
  return text;
}

/** The 20 bytes of an address. */
export function addressToBytes(address: Address): Uint8Array<ArrayBuffer> {
  return fromHex(address);
}

/** The address of 20 bytes; another length is a bug of the caller. */
export function addressFromBytes(bytes: Uint8Array): Address {
  assert(bytes.length === ADDRESS_BYTES, 'an address has 20 bytes');
  return toHex(bytes) as Address;
}
