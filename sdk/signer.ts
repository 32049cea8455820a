/** @module Signers: a key that can sign transactions, and the address that it stands for. */
import { addressOf } from '../shared/protocol/crypto/keys.ts';
import { jsSigner, type Signer as ProtocolSigner } from '../shared/protocol/crypto/verifier.ts';
import type { Address } from '../shared/protocol/primitives/brand.ts';
import { fromHex, toHex } from '../shared/protocol/primitives/bytes.ts';
import { AtollError } from './errors.ts';

/** Signs for one account. */
export interface Signer extends ProtocolSigner {
  readonly address: Address;
  /** `0x` + 64 hex digits. */
  readonly publicKeyHex: string;
}

/** A signer of a private key given as `0x` + 64 hex digits, or as 32 bytes. The key stays in memory. */
export function createSigner(privateKey: string | Uint8Array): Signer {
  const secret = typeof privateKey === 'string' ? secretFromHex(privateKey) : privateKey;
  if (secret.length !== 32) throw new AtollError('ARGUMENT_INVALID', 'a private key has 32 bytes');
  const signer = jsSigner(secret);
  const { publicKey } = signer;
  return {
    publicKey,
    publicKeyHex: toHex(publicKey),
    address: addressOf(publicKey),
    sign: (message) => signer.sign(message),
  };
}

/** Never shows the text: it may be a key with one wrong character. */
function secretFromHex(text: string): Uint8Array {
  if (!/^0x[0-9a-f]{64}$/.test(text)) {
    throw new AtollError('ARGUMENT_INVALID', 'a private key is 0x and 64 lower-case hex digits');
  }
  return fromHex(text);
}
