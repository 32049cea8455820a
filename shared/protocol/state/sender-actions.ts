/** @module The actions of one sender, put together over the state. */
import type { Address } from '../primitives/brand.ts';
import { TransactionFailure } from '../transaction/receipt-status.ts';
import type { ValidatorActions } from '../transaction/validator-actions.ts';
import { castBallot } from './authority-votes.ts';
import type { BlockEnvironment } from './block-environment.ts';
import { registerValidator, unjailValidator, updateValidator } from './registration.ts';
import { stakeUnits, unstakeUnits, withdrawRewards } from './staking.ts';
import type { StateStore } from './state-store.ts';

/** Who acts, when, and on what. */
export interface ActionScope {
  readonly store: StateStore;
  readonly block: BlockEnvironment;
  readonly sender: Address;
}

/** The port of the transaction types. */
export function senderActions(scope: ActionScope): ValidatorActions {
  /** Profile and rewards may change on any chain, membership and power only where the genesis does not fix them. */
  const movable = (): ActionScope => {
    if (scope.block.isSetFixed) throw new TransactionFailure('VALIDATORS_FIXED');
    return scope;
  };
  return {
    register: (registration) => registerValidator(movable(), registration),
    update: (changes) => updateValidator(scope, changes),
    stake: (key, units) => stakeUnits(movable(), key, units),
    unstake: (key, units) => unstakeUnits(movable(), key, units),
    withdraw: (key) => withdrawRewards(scope, key),
    unjail: (key) => unjailValidator(movable(), key),
    vote: (ballot) => castBallot(scope, ballot),
  };
}
