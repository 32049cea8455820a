/** @module SHA-256, the only hash of the protocol (SHA-512 lives inside Ed25519). */
import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js';
import type { HashHex } from '../primitives/brand.ts';
import { toHex } from '../primitives/bytes.ts';

// One hasher, set back to its first state each time: making one costs as much as hashing 64 bytes, and a block hashes
// tens of thousands of short inputs. The protocol is synchronous, so nobody sees it half used.
const INITIAL = nobleSha256.create();
const HASHER = nobleSha256.create();
const DIGEST = new Uint8Array(32);

/** SHA-256 as 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  digest(bytes);
  return DIGEST.slice();
}

/** SHA-256 as text. */
export function sha256Hex(bytes: Uint8Array): HashHex {
  digest(bytes);
  return toHex(DIGEST) as HashHex;
}

function digest(bytes: Uint8Array): void {
  INITIAL._cloneInto(HASHER);
  HASHER.update(bytes).digestInto(DIGEST);
}
