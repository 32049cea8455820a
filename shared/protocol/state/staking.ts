/** @module Bonding units to a validator, taking them back, and being paid for it. */
import { AMOUNT_MAX } from '../primitives/amount.ts';
import type { ConsensusKey } from '../primitives/brand.ts';
import { TransactionFailure } from '../transaction/receipt-status.ts';
import { readAccount, writeAccount } from './account.ts';
import type { BlockEnvironment } from './block-environment.ts';
import { activePowers, readClaims, withClaim, writeClaims } from './claims.ts';
import { awaitActivation, knownValidator } from './registration.ts';
import { creditAccount, rewardOf } from './rewards.ts';
import type { ActionScope } from './sender-actions.ts';
import { sharesFor, sharesToBurn } from './shares.ts';
import { delegationTo, readStaker, withDelegation, writeStaker } from './staker.ts';
import { DELEGATIONS_MAX, UNBONDING_ENTRIES_MAX } from './staking-limits.ts';
import type { StateStore } from './state-store.ts';
import { addUnbonding } from './unbonding.ts';
import { validatorOf, writeValidator } from './validator-record.ts';

/** Bonds units of the sender, who must own them. They count once the validator is activated with them. */
export function stakeUnits(scope: ActionScope, key: ConsensusKey, units: bigint): bigint {
  const { store, sender } = scope;
  const { tombstone, jailedUntilMs } = knownValidator(store, key);
  if (tombstone !== null) throw new TransactionFailure('VALIDATOR_TOMBSTONED');
  const account = readAccount(store, sender);
  if (account.balance < units) throw new TransactionFailure('INSUFFICIENT_BALANCE');
  writeAccount(store, sender, { ...account, balance: account.balance - units });
  const rewards = payRewards(scope, key);
  const record = validatorOf(store, key);
  const shares = sharesFor(record, units);
  if (shares === null || shares === 0n) throw new TransactionFailure('STAKE_WORTHLESS');
  if (record.shares + shares > AMOUNT_MAX) throw new TransactionFailure('LIMIT_REACHED');
  const staker = readStaker(store, sender);
  const owned = delegationTo(staker, key).shares + shares;
  const delegation = { consensusKey: key, shares: owned, paidPerShare: record.rewardPerShare };
  const changed = withDelegation(staker, delegation);
  if (changed.delegations.length > DELEGATIONS_MAX) throw new TransactionFailure('LIMIT_REACHED');
  writeStaker(store, sender, changed);
  writeValidator(store, key, {
    ...record,
    stake: record.stake + units,
    shares: record.shares + shares,
  });
  if (jailedUntilMs === null) awaitActivation(store, key);
  return rewards;
}

/** Takes units out of the stake at once and pays them after the time of unbonding. */
export function unstakeUnits(
  scope: ActionScope,
  key: ConsensusKey,
  units: bigint,
): { rewards: bigint; dueMs: number } {
  const { store, block, sender } = scope;
  knownValidator(store, key);
  const rewards = payRewards(scope, key);
  const record = validatorOf(store, key);
  const staker = readStaker(store, sender);
  const delegation = delegationTo(staker, key);
  const burned = sharesToBurn(record, delegation.shares, units);
  if (burned === null) throw new TransactionFailure('INSUFFICIENT_STAKE');
  if (staker.unbonding.length >= UNBONDING_ENTRIES_MAX) throw new TransactionFailure('LIMIT_REACHED');
  const entry = { staker: sender, consensusKey: key, units, height: block.height };
  const { number, dueMs } = addUnbonding(store, entry, block.timeMs + block.params.unbondingMs);
  const left = withDelegation(staker, { ...delegation, shares: delegation.shares - burned });
  writeStaker(store, sender, { ...left, unbonding: [...left.unbonding, number] });
  const shares = record.shares - burned;
  // With the last share goes what rounding kept of the rewards.
  const dust = shares === 0n ? record.unpaidRewards : 0n;
  creditAccount(store, record.operator, dust);
  writeValidator(store, key, {
    ...record,
    stake: record.stake - units,
    shares,
    unpaidRewards: record.unpaidRewards - dust,
  });
  limitClaim(store, block, key, record.stake - units);
  return { rewards, dueMs };
}

/** Pays what the sender has earned with one validator. */
export function withdrawRewards(scope: ActionScope, key: ConsensusKey): bigint {
  knownValidator(scope.store, key);
  const rewards = payRewards(scope, key);
  if (rewards === 0n) throw new TransactionFailure('NOTHING_TO_WITHDRAW');
  return rewards;
}

/** Pays the rewards of a delegation and marks up to where. */
function payRewards({ store, sender }: ActionScope, key: ConsensusKey): bigint {
  const record = validatorOf(store, key);
  const staker = readStaker(store, sender);
  const delegation = delegationTo(staker, key);
  const rewards = rewardOf(record, delegation);
  if (rewards === 0n) return 0n;
  writeValidator(store, key, { ...record, unpaidRewards: record.unpaidRewards - rewards });
  writeStaker(store, sender, withDelegation(staker, { ...delegation, paidPerShare: record.rewardPerShare }));
  creditAccount(store, sender, rewards);
  return rewards;
}

/** Stake that leaves stops counting at once. Fails with NO_POWER_LEFT when nobody would have any. */
function limitClaim(store: StateStore, block: BlockEnvironment, key: ConsensusKey, stake: bigint): void {
  const before = readClaims(store);
  const claim = before.find(({ consensusKey }) => consensusKey === key);
  if (claim === undefined || claim.stake <= stake) return;
  const after = withClaim(before, key, (known) => ({ ...known, stake }));
  if (activePowers(after, block.params).length === 0) throw new TransactionFailure('NO_POWER_LEFT');
  writeClaims(store, after);
}
