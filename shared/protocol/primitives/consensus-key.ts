/** @module Consensus keys as text: `0x` and the 32 bytes of an Ed25519 public key. Curve checks are in crypto/keys.ts. */
import { assert } from './assert.ts';
import type { ConsensusKey } from './brand.ts';
import { fromHex, isHexOf, toHex } from './bytes.ts';
import { PrimitiveError } from './errors.ts';

/** Bytes of an Ed25519 public key. */
export const PUBLIC_KEY_BYTES = 32;

/** Throws BAD_CONSENSUS_KEY unless the text is a key in its only form. Says nothing about the curve. */
export function parseConsensusKey(text: string): ConsensusKey {
  if (isHexOf(text, PUBLIC_KEY_BYTES)) return text as ConsensusKey;
  throw new PrimitiveError('BAD_CONSENSUS_KEY', 'expected 0x and 64 lower-case hex digits');
}

/** The 32 bytes of a consensus key. */
export function consensusKeyToBytes(key: ConsensusKey): Uint8Array<ArrayBuffer> {
  return fromHex(key);
}

/** The consensus key of 32 bytes; another length is a bug of the caller. */
export function consensusKeyFromBytes(bytes: Uint8Array): ConsensusKey {
  assert(bytes.length === PUBLIC_KEY_BYTES, 'a consensus key has 32 bytes');
  return toHex(bytes) as ConsensusKey;
}
