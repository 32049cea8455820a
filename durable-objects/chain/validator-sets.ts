/** @module Validator sets by height, with names, from the state of a chain. */
import type { ValidatorSetView, ValidatorView } from '../../shared/api/consensus-views.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import { validatorsAt } from '../../shared/protocol/state/set-history.ts';
import { readValidator } from '../../shared/protocol/state/validator-record.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import { validatorsHash } from '../../shared/protocol/validators/hash.ts';
import type { VotingPower } from '../../shared/protocol/validators/voting-power.ts';

/** The set that signs `height`, the one above the head. */
export function currentSet(state: StateReader, height: number): ValidatorSetView {
  const validators = readValidators(state);
  return {
    height,
    validators_hash: validatorsHash(validators),
    validators: validators.map(({ consensusKey, operator, name, power, priority }) => ({
      consensus_key: consensusKey,
      operator,
      name,
      power,
      priority,
      status: 'active',
    })),
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
