/**
 * @module Rewards of stakers, paid when they are asked for: a validator remembers what one share has earned since the
 * beginning, a delegation up to where it was paid. A block costs the same for one staker and for a million.
 */
import type { Address } from '../primitives/brand.ts';
import { readAccount, writeAccount } from './account.ts';
import type { Delegation } from './staker.ts';
import type { StateStore } from './state-store.ts';
import type { ValidatorRecord } from './validator-record.ts';

/** Parts of a native unit in which the reward of one share is counted. */
export const REWARD_SCALE = 10n ** 18n;
const BPS = 10_000n;

/** How the rewards of a block are divided. */
export interface RewardSplit {
  readonly record: ValidatorRecord;
  /** Commission and what cannot be divided evenly: paid to the operator at once. */
  readonly operatorUnits: bigint;
}

/**
 * Commission rounded down to the operator, the rest to the shares. What is kept for stakers covers every later claim,
 * since it is rounded up from what a share earns and that is rounded down.
 */
export function splitReward(record: ValidatorRecord, units: bigint): RewardSplit {
  if (record.shares === 0n) return { record, operatorUnits: units };
  const commission = (units * BigInt(record.commissionBps)) / BPS;
  const perShare = ((units - commission) * REWARD_SCALE) / record.shares;
  const kept = (perShare * record.shares + REWARD_SCALE - 1n) / REWARD_SCALE;
  return {
    record: {
      ...record,
      rewardPerShare: record.rewardPerShare + perShare,
      unpaidRewards: record.unpaidRewards + kept,
    },
    operatorUnits: units - kept,
  };
}

/** What a delegation has earned and was not paid, native units. */
export function rewardOf(record: ValidatorRecord, delegation: Delegation): bigint {
  return (delegation.shares * (record.rewardPerShare - delegation.paidPerShare)) / REWARD_SCALE;
}

/** Adds native units to an account that may open with them. The sum of all accounts stays within the supply. */
export function creditAccount(store: StateStore, address: Address, units: bigint): void {
  if (units === 0n) return;
  const { nonce, balance } = readAccount(store, address);
  writeAccount(store, address, { nonce, balance: balance + units });
}
