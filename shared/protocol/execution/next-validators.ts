/** @module Last part of a block: priorities move, and the set of the next height follows from who has a claim to power. */
import { assert } from '../primitives/assert.ts';
import type { ConsensusKey } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import { VOTING_POWER_TOTAL } from '../primitives/limits.ts';
import type { BlockEnvironment } from '../state/block-environment.ts';
import {
  activePowers,
  type Claim,
  readClaims,
  readPending,
  VALIDATORS_CLAIMS,
  withActivation,
  writeClaims,
  writePending,
} from '../state/claims.ts';
import { startLiveness } from '../state/liveness.ts';
import type { Overlay } from '../state/overlay.ts';
import { PARAMS_CURRENT, PARAMS_NAMESPACE, readParams } from '../state/params.ts';
import { recordSet } from '../state/set-history.ts';
import { ACTIVATIONS_PER_BLOCK_MAX } from '../state/staking-limits.ts';
import { VALIDATOR_NAMESPACE, validatorOf } from '../state/validator-record.ts';
import { VALIDATORS_CURRENT, VALIDATORS_NAMESPACE } from '../state/validators.ts';
import { encodeValidatorSet } from '../validators/encode.ts';
import { validatorsHash } from '../validators/hash.ts';
import { advancePriorities, renewValidatorSet, turnsOf } from '../validators/proposer-selection.ts';
import type { ValidatorSet } from '../validators/validator-set.ts';
import type { VotingPower } from '../validators/voting-power.ts';

/** Writes and returns the set of the next height. `round` is that of the header. */
export function moveValidators(
  overlay: Overlay,
  block: BlockEnvironment,
  validators: ValidatorSet,
  round: number,
): ValidatorSet {
  const params = readParams(overlay, block.params);
  activatePending(overlay, params);
  const advanced = advancePriorities(validators, turnsOf(round));
  const next = isMoved(overlay, validators) ? renewed(overlay, advanced, params) : advanced;
  overlay.set(VALIDATORS_NAMESPACE, VALIDATORS_CURRENT, encodeValidatorSet(next));
  if (next !== advanced && validatorsHash(next) !== validatorsHash(validators)) {
    recordSet(overlay, block.height + 1, block.timeMs, next);
    const before = new Set(validators.map(({ consensusKey }) => consensusKey));
    for (const { consensusKey } of next) {
      if (!before.has(consensusKey)) startLiveness(overlay, consensusKey, block.height + 1);
    }
  }
  return next;
}

/** Whether anything was written in this block that the set is made of. */
function isMoved(overlay: Overlay, validators: ValidatorSet): boolean {
  return (
    overlay.isChanged(VALIDATORS_NAMESPACE, VALIDATORS_CLAIMS) ||
    overlay.isChanged(PARAMS_NAMESPACE, PARAMS_CURRENT) ||
    validators.some(({ consensusKey }) =>
      overlay.isChanged(VALIDATOR_NAMESPACE, consensusKeyToBytes(consensusKey)),
    )
  );
}

function renewed(overlay: Overlay, previous: ValidatorSet, params: ChainParams): ValidatorSet {
  const shares = activePowers(readClaims(overlay), params);
  assert(shares.length > 0, 'no change leaves a chain without voting power');
  const members = shares.map(({ consensusKey, power }) => {
    const { operator, name } = validatorOf(overlay, consensusKey);
    return { consensusKey, operator, name, power };
  });
  return isSame(previous, members) ? named(previous, members) : renewValidatorSet(previous, members);
}

/** The same powers leave the priorities alone, whatever else changed about a validator. */
function isSame(previous: ValidatorSet, members: readonly VotingPower[]): boolean {
  return (
    previous.length === members.length &&
    previous.every(({ consensusKey, power }, index) => {
      const member = members[index];
      return member?.consensusKey === consensusKey && member.power === power;
    })
  );
}

function named(previous: ValidatorSet, members: readonly { readonly name: string }[]): ValidatorSet {
  return previous.map((validator, index) => ({ ...validator, name: members[index]?.name ?? validator.name }));
}

/**
 * Activates those who wait, first come first, as long as together they get at most a third of the new power; the first one
 * that gets any at all is always activated.
 */
function activatePending(overlay: Overlay, params: ChainParams): void {
  const waiting = readPending(overlay);
  if (waiting.length === 0) return;
  let claims = readClaims(overlay);
  const before = powerByKey(claims, params);
  const activated: ConsensusKey[] = [];
  let hasGained = false;
  for (const key of waiting.slice(0, ACTIVATIONS_PER_BLOCK_MAX)) {
    const after = withActivation(overlay, claims, key);
    const power = powerByKey(after, params);
    const gained = [...activated, key].reduce(
      (sum, one) => sum + Math.max(0, (power.get(one) ?? 0) - (before.get(one) ?? 0)),
      0,
    );
    if (hasGained && 3 * gained > VOTING_POWER_TOTAL) break;
    claims = after;
    activated.push(key);
    hasGained ||= gained > 0;
  }
  writeClaims(overlay, claims);
  writePending(overlay, waiting.slice(activated.length));
}

function powerByKey(claims: readonly Claim[], params: ChainParams): Map<ConsensusKey, number> {
  const powers = activePowers(claims, params);
  return new Map(powers.map(({ consensusKey, power }) => [consensusKey, power]));
}
