/** @module The keys of this deployment, from its secrets: who it is as a node, and by which key it validates. */
import type { Settings } from '../../shared/api/settings.ts';
import { nativeSigner } from '../../shared/native/verifier.ts';
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { consensusKeyFromBytes } from '../../shared/protocol/primitives/consensus-key.ts';

export interface ValidatorKeys {
  readonly signer: Signer;
  readonly consensusKey: ConsensusKey;
}

/** The keys by which others know this node. One key may serve for both. */
export interface LocalKeys {
  /** Null: the node has no identity, and no peer can mean it. */
  readonly node: ValidatorKeys | null;
  /** Null: the node follows its chains and never validates one. */
  readonly validator: ValidatorKeys | null;
}

/** Null when the node has no VALIDATOR_KEY: it can then serve but not sign. `seed` is 32 bytes. */
export function validatorKeys(seed: Uint8Array | undefined): ValidatorKeys | null {
  if (seed === undefined) return null;
  const signer = nativeSigner(seed);
  return { signer, consensusKey: consensusKeyFromBytes(signer.publicKey) };
}

/** Both keys of a node. */
export function localKeys({ nodeKey, validatorKey }: Pick<Settings, 'nodeKey' | 'validatorKey'>): LocalKeys {
  return { node: validatorKeys(nodeKey), validator: validatorKeys(validatorKey) };
}
