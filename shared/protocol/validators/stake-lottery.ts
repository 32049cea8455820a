/**
 * @module The other way to choose proposers: each validator has lots in proportion to its power, and the lot nearest to a
 * target wins. Who makes the parent block can try many parents, so this can be ground; the round robin cannot.
 */
import { sha256 } from '../crypto/hashing.ts';
import { assert } from '../primitives/assert.ts';
import type { HashHex } from '../primitives/brand.ts';
import type { ProposerSelection } from '../primitives/chain-params.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import { hashToBytes } from '../primitives/hash.ts';
import { VOTING_POWER_TOTAL } from '../primitives/limits.ts';
import { proposerAt } from './proposer-selection.ts';
import type { Validator, ValidatorSet } from './validator-set.ts';

/** Lots of all validators together, before each one's are rounded up. */
export const LOTS = 1_000;

/** Where in a hash input the parts stand: parent hash, round (4 bytes), key, number of the lot (4 bytes). */
const ROUND_AT = 32;
const KEY_AT = 36;
const LOT_AT = 68;

/** What the choice of a proposer depends on beside the set. */
export interface Election {
  readonly selection: ProposerSelection;
  readonly parentHash: HashHex;
  readonly round: number;
}

/** The proposer of a round, as the chain chooses them. */
export function electProposer(set: ValidatorSet, { selection, parentHash, round }: Election): Validator {
  return selection === 'stake_lottery' ? knownWinner(set, parentHash, round) : proposerAt(set, round);
}

// A round asks for its proposer with every message that depends on it, and a draw costs a millisecond.
const winners = new WeakMap<ValidatorSet, Map<string, Validator>>();

/** As `drawProposer`, drawn once for each round of the height that this set object decides. */
function knownWinner(set: ValidatorSet, parentHash: HashHex, round: number): Validator {
  const known = winners.get(set) ?? new Map<string, Validator>();
  const draw = `${parentHash}/${round}`;
  const winner = known.get(draw) ?? drawProposer(set, parentHash, round);
  winners.set(set, known.set(draw, winner));
  return winner;
}

/**
 * The validator with the lot SHA-256(parent_hash || round || key || j), j < ceil(1000 * power / 10^9), that is nearest to
 * SHA-256(parent_hash || round); the lower key where two are as near. Costs about 1,000 hashes.
 */
export function drawProposer(set: ValidatorSet, parentHash: HashHex, round: number): Validator {
  const input = new Uint8Array(LOT_AT + 4);
  const view = new DataView(input.buffer);
  input.set(hashToBytes(parentHash));
  view.setUint32(ROUND_AT, round);
  const target = numberOf(sha256(input.subarray(0, KEY_AT)));
  let winner: Validator | undefined;
  let nearest: bigint | undefined;
  for (const validator of set) {
    input.set(consensusKeyToBytes(validator.consensusKey), KEY_AT);
    const lots = Math.ceil((LOTS * validator.power) / VOTING_POWER_TOTAL);
    for (let lot = 0; lot < lots; lot++) {
      view.setUint32(LOT_AT, lot);
      const difference = numberOf(sha256(input)) - target;
      const distance = difference < 0n ? -difference : difference;
      // Ascending by key, so the first of equals has the lowest key.
      if (nearest !== undefined && distance >= nearest) continue;
      nearest = distance;
      winner = validator;
    }
  }
  assert(winner !== undefined, 'a validator set is never empty');
  return winner;
}

function numberOf(hash: Uint8Array): bigint {
  const view = new DataView(hash.buffer, hash.byteOffset);
  let value = 0n;
  for (let at = 0; at < hash.length; at += 8) value = (value << 64n) | view.getBigUint64(at);
  return value;
}
