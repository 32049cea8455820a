/** @module SHA-256 hashes as text: `0x` and 32 bytes in lower-case hex. */
import { assert } from './assert.ts';
import type { HashHex } from './brand.ts';
import { fromHex, isHexOf, toHex } from './bytes.ts';
import { PrimitiveError } from './errors.ts';

/** Bytes of a hash. */
export const HASH_BYTES = 32;

/** 32 zero bytes: the scope of what a node signs outside any chain, and the root of an empty state. */
export const ZERO_HASH = `0x${'00'.repeat(HASH_BYTES)}` as HashHex;

/** True if the text is a hash in its only form. */
function isHash(text: string): text is HashHex {
  return isHexOf(text, HASH_BYTES);
}

/** Throws BAD_HASH unless the text is a hash in its only form. */
export function parseHash(text: string): HashHex {
  if (!isHash(text)) throw new PrimitiveError('BAD_HASH', 'expected 0x and 64 lower-case hex digits');
  return text;
}

/** The 32 bytes of a hash. */
export function hashToBytes(hash: HashHex): Uint8Array<ArrayBuffer> {
  return fromHex(hash);
}

/** The hash of 32 bytes; another length is a bug of the caller. */
export function hashFromBytes(bytes: Uint8Array): HashHex {
  assert(bytes.length === HASH_BYTES, 'a hash has 32 bytes');
  return toHex(bytes) as HashHex;
}
