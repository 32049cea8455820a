/** @module Ed25519 public keys as bytes: which encodings are allowed, and the address that belongs to one. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { ADDRESS_BYTES, addressFromBytes } from '../primitives/address.ts';
import { assert } from '../primitives/assert.ts';
import type { Address } from '../primitives/brand.ts';
import { fromHex } from '../primitives/bytes.ts';
import { PUBLIC_KEY_BYTES } from '../primitives/consensus-key.ts';
import { sha256 } from './hashing.ts';

/** The y coordinates of the eight points of small order, little-endian, sign bit clear. Each point is y with either sign. */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  '0x0000000000000000000000000000000000000000000000000000000000000000',
  '0x0100000000000000000000000000000000000000000000000000000000000000',
  '0xecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0x26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '0xc7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
].map(fromHex);

/** `0x` and the first 20 bytes of SHA-256(public key). */
export function addressOf(publicKey: Uint8Array): Address {
  assert(publicKey.length === PUBLIC_KEY_BYTES, 'a public key has 32 bytes');
  return addressFromBytes(sha256(publicKey).subarray(0, ADDRESS_BYTES));
}

/** True if the encoded y is below p = 2^255 - 19. Says nothing about the curve. */
export function isCanonicalKey(key: Uint8Array): boolean {
  if (key.length !== PUBLIC_KEY_BYTES) return false;
  if (((key[31] as number) & 0x7f) !== 0x7f) return true;
  for (let i = 30; i > 0; i--) if (key[i] !== 0xff) return true;
  return (key[0] as number) < 0xed;
}

/** True if the bytes are one of the canonical encodings, with either sign bit, of a point of order 1, 2, 4 or 8. */
export function isSmallOrder(key: Uint8Array): boolean {
  for (const y of SMALL_ORDER_Y) if (equalBesideSign(key, y)) return true;
  return false;
}

/** True if the key is a point of the prime-order group. Costs about 0.6 ms: for consensus keys only. */
export function isTorsionFree(key: Uint8Array): boolean {
  if (!isCanonicalKey(key) || isSmallOrder(key)) return false;
  const point = decodePoint(key);
  return point?.isTorsionFree() ?? false;
}

/** The point that canonical bytes encode, or null if there is none on the curve. */
export function decodePoint(bytes: Uint8Array): InstanceType<typeof ed25519.Point> | null {
  if (!isCanonicalKey(bytes)) return null;
  try {
    return ed25519.Point.fromBytes(bytes);
  } catch {
    // Length and range hold here, so the one failure left is that no x belongs to this y and sign.
    return null;
  }
}

function equalBesideSign(key: Uint8Array, y: Uint8Array): boolean {
  for (let i = 0; i < 31; i++) if (key[i] !== y[i]) return false;
  return ((key[31] as number) & 0x7f) === y[31];
}
