/** @module Proof that whoever names a consensus key also holds it, for the genesis and for registrations. */
import { addressCodec, consensusKeyCodec, encode, text, tuple } from '../codec/codec.ts';
import { signBytes } from '../crypto/domains.ts';
import { isCanonicalKey, isSmallOrder, isTorsionFree } from '../crypto/keys.ts';
import type { Verifier } from '../crypto/verifier.ts';
import type { Address, ChainId, ConsensusKey } from '../primitives/brand.ts';
import { CHAIN_ID_LENGTH_MAX } from '../primitives/chain-id.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import { ZERO_HASH } from '../primitives/hash.ts';

/** Who claims which key on which chain. */
export interface Possession {
  readonly chainId: ChainId;
  readonly consensusKey: ConsensusKey;
  readonly operator: Address;
}

const possessionCodec = tuple({
  chainId: text({ max: CHAIN_ID_LENGTH_MAX }),
  consensusKey: consensusKeyCodec,
  operator: addressCodec,
});

/** What a proof of possession signs: [chain_id, consensus_key, operator], with zero scope. */
export function popSignBytes(chainId: ChainId, consensusKey: ConsensusKey, operator: Address): Uint8Array {
  return signBytes('pop', ZERO_HASH, encode(possessionCodec, { chainId, consensusKey, operator }));
}

/** Canonical, not of small order, without torsion: every verifier agrees on what such a key signed. */
export function isUsableConsensusKey(consensusKey: ConsensusKey): boolean {
  const key = consensusKeyToBytes(consensusKey);
  return isCanonicalKey(key) && !isSmallOrder(key) && isTorsionFree(key);
}

/** True if the 64 bytes are the key's signature of the claim. The key itself is checked apart. */
export function isPossessionProved(claim: Possession, pop: Uint8Array, verifier: Verifier): boolean {
  const { chainId, consensusKey, operator } = claim;
  return verifier.verify(
    consensusKeyToBytes(consensusKey),
    popSignBytes(chainId, consensusKey, operator),
    pop,
  );
}
