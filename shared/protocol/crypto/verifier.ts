/** @module Ed25519 by one exact rule on every runtime. This file holds the rule; shared/native makes it fast on Node and Workers. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { assert } from '../primitives/assert.ts';
import { concatBytes, equalBytes } from '../primitives/bytes.ts';
import { decodePoint, isCanonicalKey, isSmallOrder } from './keys.ts';

/** Bytes of a signature: R and S, 32 each. */
export const SIGNATURE_BYTES = 64;

/** Bytes of the secret seed of RFC 8032. */
export const SECRET_BYTES = 32;

/** Order of the base point. */
const L = ed25519.Point.Fn.ORDER;
const L_BYTES = ed25519.Point.Fn.toBytes(L - 1n);

/** Decides whether a signature is valid. All implementations agree on every input. */
export interface Verifier {
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}

/** Signs with one key. */
export interface Signer {
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): Uint8Array;
}

/**
 * The part of the rule that bytes alone decide: lengths, a canonical key that is not of small order, an R that does not
 * encode the identity, and S below L. Native verifiers disagree on exactly these, so it comes before any of them.
 */
export function hasValidForm(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    signature.length === SIGNATURE_BYTES &&
    isCanonicalKey(publicKey) &&
    !isSmallOrder(publicKey) &&
    !isIdentityR(signature) &&
    isScalarBelowL(signature)
  );
}

/** The rule in portable JavaScript: after the form, the key is on the curve and encode(S*B - k*A) equals R byte for byte. */
export const jsVerifier: Verifier = {
  verify(publicKey, message, signature) {
    if (!hasValidForm(publicKey, signature)) return false;
    const key = decodePoint(publicKey);
    if (key === null) return false;
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    const k = littleEndian(sha512(concatBytes(r, publicKey, message))) % L;
    const expected = ed25519.Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(k));
    return equalBytes(expected.toBytes(), r);
  },
};

/** A signer in portable JavaScript from a 32-byte seed; signatures are those of RFC 8032. */
export function jsSigner(secret: Uint8Array): Signer {
  assert(secret.length === SECRET_BYTES, 'a secret seed has 32 bytes');
  const seed = Uint8Array.from(secret);
  return {
    publicKey: ed25519.getPublicKey(seed),
    sign: (message) => ed25519.sign(message, seed),
  };
}

function isIdentityR(signature: Uint8Array): boolean {
  if (signature[0] !== 1) return false;
  for (let i = 1; i < 32; i++) if (signature[i] !== 0) return false;
  return true;
}

/** S <= L - 1, compared from the most significant byte. */
function isScalarBelowL(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const difference = (signature[32 + i] as number) - (L_BYTES[i] as number);
    if (difference !== 0) return difference < 0;
  }
  return true;
}

function littleEndian(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let value = 0n;
  for (let i = bytes.length - 8; i >= 0; i -= 8) value = (value << 64n) | view.getBigUint64(i, true);
  return value;
}
