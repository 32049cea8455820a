/**
 * @module The hash of a validator set that headers carry: keys and power only, as priorities move with
 * every block.
 */
import { consensusKeyCodec, encode, list, tuple, uint } from '../codec/codec.ts';
import { sha256Hex } from '../crypto/hashing.ts';
import type { HashHex } from '../primitives/brand.ts';
import { VALIDATORS_MAX, VOTING_POWER_TOTAL } from '../primitives/limits.ts';
import type { VotingPower } from './voting-power.ts';

/** Keys and power of a set, ascending by key: what its hash is of. */
export const votingPowersCodec = list(
  tuple({ consensusKey: consensusKeyCodec, power: uint(VOTING_POWER_TOTAL) }),
  VALIDATORS_MAX,
);

/** SHA-256(CBOR([[consensus_key, power], ...])), ascending by key. */
export function validatorsHash(set: readonly VotingPower[]): HashHex {
  return sha256Hex(encode(votingPowersCodec, set));
}
