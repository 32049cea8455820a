/** @module Voting power: a share of 10^9 over approved authorities and a share over bonded stake. */
import { assert } from '../primitives/assert.ts';
import type { Address, ConsensusKey } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { VOTING_POWER_TOTAL } from '../primitives/limits.ts';
import { renewValidatorSet } from './proposer-selection.ts';
import { compareKeys, type ValidatorSet } from './validator-set.ts';

const BPS = 10_000n;

/** Bonded stake behind one consensus key, native units. */
export interface BondedStake {
  readonly consensusKey: ConsensusKey;
  readonly stake: bigint;
}

/** Who counts: jailed, tombstoned and pending validators are left out by the caller. */
export interface PowerInputs {
  readonly authorities: readonly ConsensusKey[];
  readonly stakes: readonly BondedStake[];
  readonly params: Pick<ChainParams, 'authorityWeightBps' | 'fullStake' | 'maxValidators'>;
}

export interface VotingPower {
  readonly consensusKey: ConsensusKey;
  /** Share of 10^9, above 0. */
  readonly power: number;
}

/**
 * Splits 10^9 over authorities and stake. Ascending by key, keys without power left out, sum exactly 10^9
 * unless nobody has a claim (then empty). Authorities take the places of the set first, then the largest
 * stakes.
 */
export function powers(inputs: PowerInputs): VotingPower[] {
  const authorities = [...new Set(inputs.authorities)].sort(compareKeys);
  const stakes = placedStakes(inputs, authorities);
  const stakeTotal = stakes.reduce((sum, { stake }) => sum + stake, 0n);
  const stakePower = powerOfStake(stakeTotal, authorities.length, inputs.params);
  const power = new Map<ConsensusKey, number>();
  shareEqually(power, authorities, VOTING_POWER_TOTAL - stakePower);
  shareByStake(power, stakes, stakeTotal, stakePower);
  return [...power]
    .filter(([, share]) => share > 0)
    .map(([consensusKey, share]) => ({ consensusKey, power: share }))
    .sort((left, right) => compareKeys(left.consensusKey, right.consensusKey));
}

/** The first validator set of a chain without stake: equal authorities, all with priority 0. */
export function validatorsFromAuthorities(
  authorities: readonly { consensusKey: ConsensusKey; operator: Address; name: string }[],
  params: PowerInputs['params'],
): ValidatorSet {
  const byKey = new Map(authorities.map((authority) => [authority.consensusKey, authority]));
  assert(byKey.size === authorities.length, 'authorities have distinct consensus keys');
  const shares = powers({ authorities: [...byKey.keys()], stakes: [], params });
  const members = shares.map(({ consensusKey, power }) => {
    const authority = byKey.get(consensusKey);
    assert(authority !== undefined, 'power belongs to an authority');
    return { consensusKey, operator: authority.operator, name: authority.name, power };
  });
  return renewValidatorSet([], members);
}

/** Stakes that have a place: those of authorities, then the largest, ties by key, until the set is full. */
function placedStakes(inputs: PowerInputs, authorities: readonly ConsensusKey[]): BondedStake[] {
  const { maxValidators } = inputs.params;
  assert(authorities.length <= maxValidators, 'authorities fit in the validator set');
  const seats = new Set(authorities);
  const byStake = inputs.stakes
    .filter(({ stake }) => stake > 0n)
    .sort((left, right) =>
      left.stake === right.stake
        ? compareKeys(left.consensusKey, right.consensusKey)
        : left.stake > right.stake
          ? -1
          : 1,
    );
  return byStake.filter(({ consensusKey }) => {
    if (!seats.has(consensusKey) && seats.size >= maxValidators) return false;
    seats.add(consensusKey);
    return true;
  });
}

/** The part of 10^9 that stake holds; it grows with the stake until `fullStake` is bonded. */
function powerOfStake(stakeTotal: bigint, authorities: number, params: PowerInputs['params']): number {
  if (stakeTotal === 0n) return 0;
  if (authorities === 0) return VOTING_POWER_TOTAL;
  assert(params.fullStake > 0n, 'full stake is positive');
  const counted = stakeTotal < params.fullStake ? stakeTotal : params.fullStake;
  const weight = BPS - BigInt(params.authorityWeightBps);
  return Number((BigInt(VOTING_POWER_TOTAL) * weight * counted) / (BPS * params.fullStake));
}

function shareEqually(power: Map<ConsensusKey, number>, keys: readonly ConsensusKey[], total: number): void {
  if (keys.length === 0) return;
  const share = Math.floor(total / keys.length);
  const leftover = total - share * keys.length;
  for (const [index, key] of keys.entries()) power.set(key, share + (index < leftover ? 1 : 0));
}

/**
 * Largest remainder: everyone gets the floor, the units left over go to the largest remainders, ties by
 * key.
 */
function shareByStake(
  power: Map<ConsensusKey, number>,
  stakes: readonly BondedStake[],
  stakeTotal: bigint,
  total: number,
): void {
  if (stakeTotal === 0n) return;
  const shares = stakes.map(({ consensusKey, stake }) => {
    const product = BigInt(total) * stake;
    return { consensusKey, share: Number(product / stakeTotal), remainder: product % stakeTotal };
  });
  const leftover = total - shares.reduce((sum, { share }) => sum + share, 0);
  shares.sort((left, right) =>
    left.remainder === right.remainder
      ? compareKeys(left.consensusKey, right.consensusKey)
      : left.remainder > right.remainder
        ? -1
        : 1,
  );
  for (const [index, { consensusKey, share }] of shares.entries()) {
    power.set(consensusKey, (power.get(consensusKey) ?? 0) + share + (index < leftover ? 1 : 0));
  }
}
