/** @module Registering a validator, changing what is said of it, and leaving jail. */
import { uint } from '../codec/codec.ts';
import { jsVerifier } from '../crypto/verifier.ts';
import type { Address, ConsensusKey } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { TransactionFailure } from '../transaction/receipt-status.ts';
import type { Registration, ValidatorChanges } from '../transaction/validator-actions.ts';
import { isPossessionProved, isUsableConsensusKey } from '../validators/possession.ts';
import { readPending, writePending } from './claims.ts';
import type { ActionScope } from './sender-actions.ts';
import { PENDING_VALIDATORS_MAX, REGISTRATIONS_PER_BLOCK_MAX } from './staking-limits.ts';
import { nameKey, recordKind, type StateStore } from './state-store.ts';
import { addValidator, readValidator, type ValidatorRecord, writeValidator } from './validator-record.ts';
import { VALIDATORS_NAMESPACE } from './validators.ts';

// The count lives in the state so that it is rolled back with the transaction; the end of the block deletes it.
const REGISTRATIONS = nameKey('registrations');
const registrations = recordKind(VALIDATORS_NAMESPACE, uint());

/** Makes the sender the operator of a new validator; it has no power before it is staked with or approved. */
export function registerValidator(scope: ActionScope, registration: Registration): void {
  const { store, block, sender } = scope;
  const { consensusKey, pop, name, endpoint, commissionBps } = registration;
  if (readValidator(store, consensusKey) !== null) throw new TransactionFailure('VALIDATOR_EXISTS');
  const count = registrations.read(store, REGISTRATIONS) ?? 0;
  if (count >= REGISTRATIONS_PER_BLOCK_MAX) throw new TransactionFailure('LIMIT_REACHED');
  registrations.write(store, REGISTRATIONS, count + 1);
  const claim = { chainId: block.chainId, consensusKey, operator: sender };
  if (!isUsableConsensusKey(consensusKey) || !isPossessionProved(claim, pop, jsVerifier)) {
    throw new TransactionFailure('POSSESSION_NOT_PROVED');
  }
  addValidator(store, consensusKey, { operator: sender, name, endpoint, commissionBps });
}

/** Ends the count of this block. */
export function resetRegistrations(store: StateStore): void {
  store.set(VALIDATORS_NAMESPACE, REGISTRATIONS, null);
}

/** Changes name, endpoint or commission. What stakers have earned before keeps its commission. */
export function updateValidator({ store, sender }: ActionScope, changes: ValidatorChanges): void {
  const { consensusKey, name, endpoint, commissionBps } = changes;
  const record = operatedBy(store, consensusKey, sender);
  writeValidator(store, consensusKey, {
    ...record,
    name: name ?? record.name,
    endpoint: endpoint ?? record.endpoint,
    commissionBps: commissionBps ?? record.commissionBps,
  });
}

/** Ends the jail of a validator whose time is over; it waits for its activation like a new one. */
export function unjailValidator({ store, block, sender }: ActionScope, key: ConsensusKey): void {
  const record = operatedBy(store, key, sender);
  if (record.tombstone !== null) throw new TransactionFailure('VALIDATOR_TOMBSTONED');
  if (record.jailedUntilMs === null) throw new TransactionFailure('VALIDATOR_NOT_JAILED');
  if (block.timeMs < record.jailedUntilMs) throw new TransactionFailure('VALIDATOR_STILL_JAILED');
  writeValidator(store, key, { ...record, jailedUntilMs: null });
  awaitActivation(store, key);
}

/** Puts a validator behind those that wait, once. Its stake and approval at the time of the activation count. */
export function awaitActivation(store: StateStore, key: ConsensusKey): void {
  const waiting = readPending(store);
  if (waiting.includes(key)) return;
  if (waiting.length >= PENDING_VALIDATORS_MAX) throw new TransactionFailure('LIMIT_REACHED');
  writePending(store, [...waiting, key]);
}

/** The record of a validator that exists. Fails with VALIDATOR_UNKNOWN. */
export function knownValidator(reader: StateReader, key: ConsensusKey): ValidatorRecord {
  const record = readValidator(reader, key);
  if (record === null) throw new TransactionFailure('VALIDATOR_UNKNOWN');
  return record;
}

function operatedBy(reader: StateReader, key: ConsensusKey, sender: Address): ValidatorRecord {
  const record = knownValidator(reader, key);
  if (record.operator !== sender) throw new TransactionFailure('NOT_THE_OPERATOR');
  return record;
}
