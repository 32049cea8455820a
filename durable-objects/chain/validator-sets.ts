/** @module Validators by height, with what the state of a chain says of them. */
import type { ValidatorSetView, ValidatorView } from '../../shared/api/consensus-views.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { validatorsAt } from '../../shared/protocol/state/set-history.ts';
import { readValidator } from '../../shared/protocol/state/validator-record.ts';
import {
  listValidators,
  type ValidatorView as StateView,
  validatorViews,
} from '../../shared/protocol/state/validator-views.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import { validatorsHash } from '../../shared/protocol/validators/hash.ts';
import type { VotingPower } from '../../shared/protocol/validators/voting-power.ts';

/** The set that signs `height`, the one above the head. */
export function currentSet(state: StateReader, height: number): ValidatorSetView {
  const validators = readValidators(state);
  const views = validatorViews(
    state,
    validators.map(({ consensusKey }) => consensusKey),
  );
  return {
    height,
    validators_hash: validatorsHash(validators),
    validators: views.map((view, index) => viewOf(view, validators[index]?.priority ?? null)),
  };
}

/** The set that signed a height up to the head, with what is said of its members now; null where it is forgotten. */
export function pastSet(state: StateReader, height: number): ValidatorSetView | null {
  const members = validatorsAt(state, height);
  if (members === null) return null;
  return {
    height,
    validators_hash: validatorsHash(members),
    validators: members.map((member) => memberView(state, member)),
  };
}

/** Registered validators outside the present set, out of `limit` from a number of registration on. */
export function otherValidators(
  state: StateReader,
  from: number,
  limit: number,
): { others: ValidatorView[]; next: number | null } {
  const { validators, next } = listValidators(state, from, limit);
  const others = validators.filter(({ status }) => status !== 'active').map((view) => viewOf(view, null));
  return { others, next };
}

function viewOf(view: StateView, priority: number | null): ValidatorView {
  const { consensusKey, operator, name, power, status } = view;
  return {
    consensus_key: consensusKey,
    operator,
    name,
    power,
    priority,
    status,
    record: {
      endpoint: view.endpoint,
      is_authority: view.isAuthority,
      commission_bps: view.commissionBps,
      stake: view.stake,
      unpaid_rewards: view.unpaidRewards,
      missed: view.missed,
      jailed_until_ms: view.jailedUntilMs,
    },
  };
}

function memberView(state: StateReader, { consensusKey, power }: VotingPower): ValidatorView {
  const record = readValidator(state, consensusKey);
  return {
    consensus_key: consensusKey,
    operator: record?.operator ?? null,
    name: record?.name ?? '',
    power,
    priority: null,
    status: 'active',
  };
}
