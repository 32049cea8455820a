/** @module Key pairs on the command line: Ed25519 over node:crypto. */
import { randomBytes } from 'node:crypto';
import type { Signer } from '../sdk/index.ts';
import { nativeSigner } from '../shared/native/verifier.ts';
import { addressOf } from '../shared/protocol/crypto/keys.ts';
import type { Address } from '../shared/protocol/primitives/brand.ts';
import { toHex } from '../shared/protocol/primitives/bytes.ts';

const SEED_BYTES = 32;

/** A key with its forms for people. */
export interface KeyPair {
  readonly address: Address;
  /** 0x + 64 hex digits. */
  readonly publicKey: string;
  /** Ed25519 seed, 0x + 64 hex digits. */
  readonly privateKey: string;
  readonly signer: Signer;
}

/** The key pair of a 32-byte Ed25519 seed. */
export function accountOf(seed: Uint8Array): KeyPair {
  const { publicKey, sign } = nativeSigner(seed);
  const address = addressOf(publicKey);
  const publicKeyHex = toHex(publicKey);
  return {
    address,
    publicKey: publicKeyHex,
    privateKey: toHex(seed),
    signer: { address, publicKey, publicKeyHex, sign },
  };
}

/** A new key pair from the system's randomness. */
export function newKey(): KeyPair {
  return accountOf(new Uint8Array(randomBytes(SEED_BYTES)));
}
