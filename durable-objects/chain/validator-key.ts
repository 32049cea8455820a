/** @module The validator key of this deployment, from its secret. */
import { nativeSigner } from '../../shared/native/verifier.ts';
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';

export interface ValidatorKeys {
  readonly signer: Signer;
  readonly consensusKey: ConsensusKey;
}

/** Null when the node has no VALIDATOR_KEY: it can then serve but not sign. `seed` is 32 bytes. */
export function validatorKeys(seed: Uint8Array | undefined): ValidatorKeys | null {
  if (seed === undefined) return null;
  const signer = nativeSigner(seed);
  return { signer, consensusKey: consensusKeyFromBytes(signer.publicKey) };
}
