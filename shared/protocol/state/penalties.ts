/** @module What offences cost: jail for absence, the tombstone for signing twice. Slashed units are burned. */
import type { ConsensusKey } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { hasQuorum } from '../votes/quorum.ts';
import { removeAuthority } from './authority-changes.ts';
import { forgetRemovedVoices } from './authority-votes.ts';
import type { BlockEnvironment } from './block-environment.ts';
import { activePowers, claimPowers, readClaims, withClaim, writeClaims } from './claims.ts';
import type { StateStore } from './state-store.ts';
import { burn } from './supply.ts';
import { validatorOf, writeValidator } from './validator-record.ts';

const BPS = 10_000n;
/** With this weight all power is the authorities', and absence costs no stake. */
const AUTHORITIES_ALONE_BPS = 10_000;

/** Whether the chain keeps validators without this one. */
export function canSpare(reader: StateReader, block: BlockEnvironment, key: ConsensusKey): boolean {
  if (block.isSetFixed) return false;
  const others = readClaims(reader).filter(({ consensusKey }) => consensusKey !== key);
  return activePowers(others, block.params).length > 0;
}

/**
 * Whether absence may jail: those not jailed must keep more than two thirds of the power that everybody approved or staked
 * would have together, so that a partition cannot empty the set.
 */
export function mayJail(reader: StateReader, block: BlockEnvironment, key: ConsensusKey): boolean {
  if (block.isSetFixed) return false;
  const claims = readClaims(reader);
  const free = new Set(claims.filter((claim) => claim.isActive).map(({ consensusKey }) => consensusKey));
  if (!free.delete(key)) return false;
  let left = 0;
  let total = 0;
  for (const { consensusKey, power } of claimPowers(claims, block.params)) {
    total += power;
    if (free.has(consensusKey)) left += power;
  }
  return hasQuorum(left, total);
}

/** Takes a validator out until it asks to come back; units burned. No stake is lost where authorities hold all power. */
export function jail(store: StateStore, block: BlockEnvironment, key: ConsensusKey): bigint {
  const { params, timeMs } = block;
  const slashBps = params.authorityWeightBps === AUTHORITIES_ALONE_BPS ? 0 : params.slashDowntimeBps;
  const record = validatorOf(store, key);
  writeValidator(store, key, { ...record, jailedUntilMs: timeMs + params.jailMs });
  const burned = slash(store, key, slashBps);
  const { stake } = validatorOf(store, key);
  writeClaims(
    store,
    withClaim(readClaims(store), key, (claim) => ({
      ...claim,
      stake: claim.stake < stake ? claim.stake : stake,
      isActive: false,
    })),
  );
  return burned;
}

/** Takes a validator out for good; units burned at once. What has been unbonding since the offence pays when due. */
export function entomb(
  store: StateStore,
  block: BlockEnvironment,
  key: ConsensusKey,
  infractionHeight: number,
): bigint {
  const { slashDoubleSignBps: slashBps } = block.params;
  const tombstone = { infractionHeight, height: block.height, slashBps };
  writeValidator(store, key, { ...validatorOf(store, key), tombstone });
  const burned = slash(store, key, slashBps);
  removeAuthority(store, key);
  forgetRemovedVoices(store);
  writeClaims(
    store,
    readClaims(store).filter(({ consensusKey }) => consensusKey !== key),
  );
  return burned;
}

/** Burns a part of what is bonded to a validator, rounded down. */
function slash(store: StateStore, key: ConsensusKey, bps: number): bigint {
  const record = validatorOf(store, key);
  const units = (record.stake * BigInt(bps)) / BPS;
  if (units === 0n) return 0n;
  writeValidator(store, key, { ...record, stake: record.stake - units });
  burn(store, units);
  return units;
}
