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

/** The latest answer: priorities make a new set of each block, keys and power hardly ever change. */
let latest: { readonly set: readonly VotingPower[]; readonly hash: HashHex } | null = null;

/** SHA-256(CBOR([[consensus_key, power], ...])), ascending by key. */
export function validatorsHash(set: readonly VotingPower[]): HashHex {
  if (latest !== null && isSame(latest.set, set)) return latest.hash;
  const hash = sha256Hex(encode(votingPowersCodec, set));
  latest = { set, hash };
  return hash;
}

function isSame(a: readonly VotingPower[], b: readonly VotingPower[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i]?.power !== b[i]?.power || a[i]?.consensusKey !== b[i]?.consensusKey) return false;
  }
  return true;
}
