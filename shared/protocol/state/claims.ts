/**
 * @module Who has a claim to voting power: namespace 'validators'. 'claims' holds what counts now and what is jailed,
 * 'authorities' who is approved, 'pending' who waits for activation. Power is computed from 'claims' alone.
 */
import { amount, type Codec, consensusKeyCodec, flag, list, tuple } from '../codec/codec.ts';
import type { ConsensusKey } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { VALIDATORS_MAX } from '../primitives/limits.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { compareKeys } from '../validators/validator-set.ts';
import { type BondedStake, powers, type VotingPower } from '../validators/voting-power.ts';
import { CLAIMS_MAX, PENDING_VALIDATORS_MAX } from './staking-limits.ts';
import { nameKey, recordKind, type StateStore } from './state-store.ts';
import { readValidator } from './validator-record.ts';
import { VALIDATORS_NAMESPACE } from './validators.ts';

/** Key of the claims. */
export const VALIDATORS_CLAIMS: Uint8Array = nameKey('claims');
const AUTHORITIES = nameKey('authorities');
const PENDING = nameKey('pending');

/** What one validator brings into the computation of power. */
export interface Claim extends BondedStake {
  readonly isAuthority: boolean;
  /** False while jailed, and after `unjail` until the activation. */
  readonly isActive: boolean;
}

/** The parameters that power depends on. */
export type PowerParams = Pick<ChainParams, 'authorityWeightBps' | 'fullStake' | 'maxValidators'>;

const claimCodec: Codec<Claim> = tuple({
  consensusKey: consensusKeyCodec,
  stake: amount(),
  isAuthority: flag(),
  isActive: flag(),
});
const claims = recordKind(VALIDATORS_NAMESPACE, list(claimCodec, CLAIMS_MAX));
const authorities = recordKind(VALIDATORS_NAMESPACE, list(consensusKeyCodec, VALIDATORS_MAX));
const pending = recordKind(VALIDATORS_NAMESPACE, list(consensusKeyCodec, PENDING_VALIDATORS_MAX));

/** Every claim, ascending by key. */
export function readClaims(reader: StateReader): readonly Claim[] {
  return claims.read(reader, VALIDATORS_CLAIMS) ?? [];
}

/** Writes the claims, in any order. */
export function writeClaims(store: StateStore, list: readonly Claim[]): void {
  claims.write(store, VALIDATORS_CLAIMS, [...list].sort(byKey));
}

/** Consensus keys of the approved authorities, jailed ones included, ascending. */
export function readAuthorities(reader: StateReader): readonly ConsensusKey[] {
  return authorities.read(reader, AUTHORITIES) ?? [];
}

/** Writes the approved authorities, in any order. */
export function writeAuthorities(store: StateStore, keys: readonly ConsensusKey[]): void {
  authorities.write(store, AUTHORITIES, [...keys].sort(compareKeys));
}

/** Who waits for activation, first come first. */
export function readPending(reader: StateReader): readonly ConsensusKey[] {
  return pending.read(reader, PENDING) ?? [];
}

/** Writes who waits; an empty list leaves no record. */
export function writePending(store: StateStore, keys: readonly ConsensusKey[]): void {
  pending.write(store, PENDING, keys.length === 0 ? null : keys);
}

/** The power of every claim that counts now. */
export function activePowers(list: readonly Claim[], params: PowerParams): VotingPower[] {
  return claimPowers(
    list.filter(({ isActive }) => isActive),
    params,
  );
}

/** The power that these claims would have if all of them counted. */
export function claimPowers(list: readonly Claim[], params: PowerParams): VotingPower[] {
  const approved = list.filter(({ isAuthority }) => isAuthority).map(({ consensusKey }) => consensusKey);
  return powers({ authorities: approved, stakes: list, params });
}

/** The claims with that of one key changed, or without it where `change` gives null. */
export function withClaim(
  list: readonly Claim[],
  key: ConsensusKey,
  change: (claim: Claim) => Claim | null,
): readonly Claim[] {
  return list.flatMap((claim) => {
    if (claim.consensusKey !== key) return [claim];
    const changed = change(claim);
    return changed === null || isEmpty(changed) ? [] : [changed];
  });
}

/** The claims after the activation of a key: what it has bonded and whether it is approved count from now on. */
export function withActivation(
  reader: StateReader,
  list: readonly Claim[],
  key: ConsensusKey,
): readonly Claim[] {
  const record = readValidator(reader, key);
  if (record === null || record.jailedUntilMs !== null || record.tombstone !== null) return list;
  const isAuthority = readAuthorities(reader).includes(key);
  const claim: Claim = { consensusKey: key, stake: record.stake, isAuthority, isActive: true };
  const others = list.filter(({ consensusKey }) => consensusKey !== key);
  if (isEmpty(claim)) return others;
  return others.length < CLAIMS_MAX ? [...others, claim] : displaced(others, claim);
}

/** With no place left the smallest stake goes; it keeps its units and comes back with its next staking. */
function displaced(others: readonly Claim[], claim: Claim): readonly Claim[] {
  const [smallest] = others
    .filter(({ isAuthority }) => !isAuthority)
    .sort((left, right) =>
      left.stake === right.stake ? byKey(right, left) : left.stake < right.stake ? -1 : 1,
    );
  if (smallest === undefined || (!claim.isAuthority && claim.stake <= smallest.stake)) return others;
  return [...others.filter((other) => other !== smallest), claim];
}

function isEmpty({ isAuthority, stake }: Claim): boolean {
  return !isAuthority && stake === 0n;
}

function byKey(left: Claim, right: Claim): number {
  return compareKeys(left.consensusKey, right.consensusKey);
}
