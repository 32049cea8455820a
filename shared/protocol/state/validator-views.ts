/** @module What is shown of validators and stake: readings of the state, for APIs and the explorer. Nothing is decided here. */
import type { Address, ConsensusKey } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { totalPower } from '../validators/validator-set.ts';
import { hasThird } from '../votes/quorum.ts';
import { type Claim, readAuthorities, readClaims, readPending } from './claims.ts';
import { readLiveness } from './liveness.ts';
import { rewardOf } from './rewards.ts';
import { unitsOf } from './shares.ts';
import { readStaker } from './staker.ts';
import { payoutOf, unbondingEntry } from './unbonding.ts';
import { type ValidatorRecord, validatorKeys, validatorOf } from './validator-record.ts';
import { readValidators } from './validators.ts';

/**
 * `active`: in the set. `pending`: waits for its activation. `standby`: has a claim, but no seat or no power. `jailed`:
 * absent for long. `tombstoned`: signed twice. `registered`: neither staked with nor approved.
 */
export type ValidatorStatus = 'active' | 'pending' | 'standby' | 'jailed' | 'tombstoned' | 'registered';

/** One validator as it stands after the last block. */
export interface ValidatorView {
  readonly consensusKey: ConsensusKey;
  readonly operator: Address;
  readonly name: string;
  readonly endpoint: string;
  /** Share of 10^9 in the next block. */
  readonly power: number;
  readonly status: ValidatorStatus;
  /** An authority by genesis or vote. */
  readonly isAuthority: boolean;
  /** Block time from which on it may return; null while not jailed. */
  readonly jailedUntilMs: number | null;
  readonly commissionBps: number;
  /** Native units bonded to it. */
  readonly stake: bigint;
  /** Rewards of its stakers that are not paid out yet, native units. */
  readonly unpaidRewards: bigint;
  /** Commits without its signature within the window. */
  readonly missed: number;
}

/** Validators by number of their registration. */
export interface ValidatorPage {
  readonly validators: readonly ValidatorView[];
  /** Where the next page starts; null at the end. */
  readonly next: number | null;
}

/** Up to `limit` validators from a number on (0 = the first), every one that was ever registered. */
export function listValidators(reader: StateReader, from = 0, limit = 256): ValidatorPage {
  const { next: end } = validatorKeys.bounds(reader);
  const stop = Math.min(end, from + limit);
  const context = viewContext(reader);
  const views: ValidatorView[] = [];
  for (let number = from; number < stop; number++) {
    views.push(viewOf(reader, context, validatorKeys.at(reader, number)));
  }
  return { validators: views, next: stop < end ? stop : null };
}

/** One validator, which must be registered. */
export function validatorView(reader: StateReader, key: ConsensusKey): ValidatorView {
  return viewOf(reader, viewContext(reader), key);
}

/** These validators, which must be registered, in the order of the keys. */
export function validatorViews(reader: StateReader, keys: readonly ConsensusKey[]): ValidatorView[] {
  const context = viewContext(reader);
  return keys.map((key) => viewOf(reader, context, key));
}

interface ViewContext {
  readonly powers: ReadonlyMap<ConsensusKey, number>;
  readonly claims: ReadonlyMap<ConsensusKey, Claim>;
  readonly authorities: ReadonlySet<ConsensusKey>;
  readonly pending: ReadonlySet<ConsensusKey>;
}

function viewContext(reader: StateReader): ViewContext {
  return {
    powers: new Map(readValidators(reader).map(({ consensusKey, power }) => [consensusKey, power])),
    claims: new Map(readClaims(reader).map((claim) => [claim.consensusKey, claim])),
    authorities: new Set(readAuthorities(reader)),
    pending: new Set(readPending(reader)),
  };
}

function viewOf(reader: StateReader, context: ViewContext, key: ConsensusKey): ValidatorView {
  const record = validatorOf(reader, key);
  const { operator, name, endpoint, jailedUntilMs, commissionBps, stake, unpaidRewards } = record;
  return {
    consensusKey: key,
    operator,
    name,
    endpoint,
    power: context.powers.get(key) ?? 0,
    status: statusOf(record, context, key),
    isAuthority: context.authorities.has(key),
    jailedUntilMs,
    commissionBps,
    stake,
    unpaidRewards,
    missed: readLiveness(reader, key).missed,
  };
}

function statusOf(record: ValidatorRecord, context: ViewContext, key: ConsensusKey): ValidatorStatus {
  if (record.tombstone !== null) return 'tombstoned';
  if (record.jailedUntilMs !== null) return 'jailed';
  if (context.powers.has(key)) return 'active';
  if (context.pending.has(key)) return 'pending';
  return context.claims.has(key) || record.stake > 0n ? 'standby' : 'registered';
}

/** What an account has staked. */
export interface StakingView {
  readonly delegations: readonly {
    readonly consensusKey: ConsensusKey;
    /** Native units that its shares are worth now. */
    readonly stake: bigint;
    readonly shares: bigint;
    /** Earned and not paid out, native units. */
    readonly rewards: bigint;
  }[];
  readonly unbonding: readonly {
    readonly consensusKey: ConsensusKey;
    /** Native units that will be paid, less what a slash has taken. */
    readonly amount: bigint;
    readonly startedHeight: number;
    /** Block time of the payment. */
    readonly dueMs: number;
  }[];
  /** Sum of the rewards, native units. */
  readonly rewards: bigint;
}

/** Delegations, unbonding and rewards of an account; empty for one that never staked. */
export function stakingOf(reader: StateReader, address: Address): StakingView {
  const staker = readStaker(reader, address);
  const delegations = staker.delegations.map((delegation) => {
    const record = validatorOf(reader, delegation.consensusKey);
    const { consensusKey, shares } = delegation;
    return { consensusKey, stake: unitsOf(record, shares), shares, rewards: rewardOf(record, delegation) };
  });
  const unbonding = staker.unbonding.map((number) => {
    const entry = unbondingEntry(reader, number);
    const { consensusKey, height, dueMs } = entry;
    return { consensusKey, amount: payoutOf(reader, entry), startedHeight: height, dueMs };
  });
  const rewards = delegations.reduce((sum, delegation) => sum + delegation.rewards, 0n);
  return { delegations, unbonding, rewards };
}

/** How power is spread in the set of the next block. */
export interface VotingPowerSummary {
  readonly validators: number;
  /** Sum of all power, 10^9. */
  readonly total: number;
  /** Power of validators that are approved authorities; their stake is in it. */
  readonly authorityPower: number;
  /** Native units that count as stake now. */
  readonly activeStake: bigint;
  /** The smallest number of validators that together hold more than a third: so many can stop the chain. */
  readonly smallestThird: number;
  /** Validators that wait for their activation. */
  readonly pending: number;
}

/** Sums over the set that decides the next block. */
export function votingPowerSummary(reader: StateReader): VotingPowerSummary {
  const set = readValidators(reader);
  const authorities = new Set(readAuthorities(reader));
  const total = totalPower(set);
  const active = readClaims(reader).filter(({ isActive }) => isActive);
  return {
    validators: set.length,
    total,
    authorityPower: totalPower(set.filter(({ consensusKey }) => authorities.has(consensusKey))),
    activeStake: active.reduce((sum, { stake }) => sum + stake, 0n),
    smallestThird: smallestThird(
      set.map(({ power }) => power),
      total,
    ),
    pending: readPending(reader).length,
  };
}

/** How many of the largest it takes to hold more than a third. */
export function smallestThird(powers: readonly number[], total: number): number {
  let sum = 0;
  let count = 0;
  for (const power of [...powers].sort((left, right) => right - left)) {
    if (hasThird(sum, total)) break;
    sum += power;
    count++;
  }
  return count;
}
