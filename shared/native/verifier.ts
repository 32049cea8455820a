/** @module Ed25519 over node:crypto, for Node and Workers: the rule of the protocol at native speed. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { isSmallOrder } from '../protocol/crypto/keys.ts';
import {
  hasValidForm,
  jsVerifier,
  SECRET_BYTES,
  type Signer,
  type Verifier,
} from '../protocol/crypto/verifier.ts';
import { assert } from '../protocol/primitives/assert.ts';
import { concatBytes } from '../protocol/primitives/bytes.ts';

/** SubjectPublicKeyInfo of an Ed25519 key, up to its 32 bytes. Source: RFC 8410 section 4. */
const SPKI_HEAD = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/** PrivateKeyInfo of an Ed25519 seed, up to its 32 bytes. Source: RFC 8410 section 7. */
const PKCS8_HEAD = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20);

/**
 * The rule with the curve arithmetic of the platform. The platforms differ only in the form of keys and signatures that
 * they take, and that is decided before they are asked.
 */
export const nativeVerifier: Verifier = {
  verify(publicKey, message, signature) {
    if (!hasValidForm(publicKey, signature)) return false;
    // Some versions of OpenSSL refuse every R of small order. No honest signer makes one, so the slow way is rare.
    if (isSmallOrder(signature.subarray(0, 32))) return jsVerifier.verify(publicKey, message, signature);
    return verify(null, message, publicKeyObject(publicKey), signature);
  },
};

/** A signer from a 32-byte seed; signatures are those of RFC 8032. */
export function nativeSigner(secret: Uint8Array): Signer {
  assert(secret.length === SECRET_BYTES, 'a secret seed has 32 bytes');
  const der = concatBytes(PKCS8_HEAD, secret);
  const key = createPrivateKey({ key: der as Buffer, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return {
    publicKey: Uint8Array.from(spki.subarray(SPKI_HEAD.length)),
    sign: (message) => Uint8Array.from(sign(null, message, key)),
  };
}

/** Keys kept ready, some 500 bytes each: making one costs a fifth of a verification, and senders come back. */
const KEY_OBJECTS_MAX = 4_096;
const keyObjects = new Map<string, KeyObject>();

function publicKeyObject(publicKey: Uint8Array): KeyObject {
  const id = String.fromCharCode.apply(null, publicKey as unknown as number[]);
  const known = keyObjects.get(id);
  if (known !== undefined) return known;
  const der = concatBytes(SPKI_HEAD, publicKey) as Buffer;
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  // All at once rather than one by one: an order of use would cost each hit more than a miss saves.
  if (keyObjects.size >= KEY_OBJECTS_MAX) keyObjects.clear();
  keyObjects.set(id, key);
  return key;
}
