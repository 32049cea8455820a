/** @module What a vote of the authorities changes, by kind. Kinds that are not here are refused as INACTIVE. */

import { paramName, withParam } from '../block/params.ts';
import { paramsFault } from '../block/params-check.ts';
import type { ConsensusKey } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { consensusKeyFromBytes, PUBLIC_KEY_BYTES } from '../primitives/consensus-key.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { TransactionFailure } from '../transaction/receipt-status.ts';
import type { VoteKind } from '../transaction/vote-kinds.ts';
import {
  activePowers,
  readAuthorities,
  readClaims,
  withClaim,
  writeAuthorities,
  writeClaims,
} from './claims.ts';
import { readParams, writeParams } from './params.ts';
import { awaitActivation } from './registration.ts';
import type { ActionScope } from './sender-actions.ts';
import type { StateStore } from './state-store.ts';
import { readValidator } from './validator-record.ts';

/** One kind of change. */
interface AuthorityChange {
  /** Whether a vote about this may be opened. May throw CodecError for a value that does not decode. */
  isPossible(reader: StateReader, params: ChainParams, subject: Uint8Array, value: Uint8Array): boolean;
  /** Makes the change, or fails with VOTE_INVALID, VALIDATORS_FIXED or NO_POWER_LEFT. */
  apply(scope: ActionScope, subject: Uint8Array, value: Uint8Array): void;
}

/** Parameters that a chain keeps for ever: what is counted over a window has the length that it began with. */
export const FIXED_PARAMS: readonly (keyof ChainParams)[] = ['signedWindowBlocks', 'proposerSelection'];
const fixedNames = new Set(FIXED_PARAMS.map(paramName));

/** The kinds that this version executes. */
export const EXECUTED_KINDS: Readonly<Partial<Record<VoteKind, AuthorityChange>>> = {
  add: {
    isPossible: (reader, params, subject, value) => {
      const key = keyOf(subject, value);
      if (key === null) return false;
      const authorities = readAuthorities(reader);
      const record = readValidator(reader, key);
      const isFree = authorities.length < params.maxValidators && !authorities.includes(key);
      return isFree && record !== null && record.tombstone === null;
    },
    apply: (scope, subject, value) => {
      const key = possibleKey('add', scope, subject, value);
      writeAuthorities(scope.store, [...readAuthorities(scope.store), key]);
      if (readValidator(scope.store, key)?.jailedUntilMs === null) awaitActivation(scope.store, key);
    },
  },
  remove: {
    isPossible: (reader, _params, subject, value) => {
      const key = keyOf(subject, value);
      return key !== null && readAuthorities(reader).includes(key);
    },
    apply: (scope, subject, value) => {
      const key = possibleKey('remove', scope, subject, value);
      removeAuthority(scope.store, key);
      if (activePowers(readClaims(scope.store), scope.block.params).length === 0) {
        throw new TransactionFailure('NO_POWER_LEFT');
      }
    },
  },
  param: {
    isPossible: (reader, params, subject, value) =>
      changedParams(reader, readParams(reader, params), subject, value) !== null,
    apply: ({ store, block }, subject, value) => {
      // Another vote of this block may have changed the parameters of the next one already.
      const changed = changedParams(store, readParams(store, block.params), subject, value);
      if (changed === null) throw new TransactionFailure('VOTE_INVALID');
      writeParams(store, changed);
    },
  },
};

/** Takes an approval away: the power of the authority ends with this block, its stake keeps counting. */
export function removeAuthority(store: StateStore, key: ConsensusKey): void {
  const others = readAuthorities(store).filter((authority) => authority !== key);
  writeAuthorities(store, others);
  writeClaims(
    store,
    withClaim(readClaims(store), key, (claim) => ({ ...claim, isAuthority: false })),
  );
}

/** Subject = 32 bytes of a consensus key, no value. */
function keyOf(subject: Uint8Array, value: Uint8Array): ConsensusKey | null {
  const isKey = subject.length === PUBLIC_KEY_BYTES && value.length === 0;
  return isKey ? consensusKeyFromBytes(subject) : null;
}

/** The key of a vote that is still possible: much may have happened since it was opened. */
function possibleKey(
  kind: 'add' | 'remove',
  { store, block }: ActionScope,
  subject: Uint8Array,
  value: Uint8Array,
): ConsensusKey {
  if (block.isSetFixed) throw new TransactionFailure('VALIDATORS_FIXED');
  const key = keyOf(subject, value);
  const isPossible = EXECUTED_KINDS[kind]?.isPossible(store, block.params, subject, value) ?? false;
  if (key === null || !isPossible) throw new TransactionFailure('VOTE_INVALID');
  return key;
}

/** Subject = name of a parameter in UTF-8, value = CBOR of its new value. Null where the result is no good. */
function changedParams(
  reader: StateReader,
  params: ChainParams,
  subject: Uint8Array,
  value: Uint8Array,
): ChainParams | null {
  const name = String.fromCharCode(...subject);
  if (fixedNames.has(name)) return null;
  const changed = withParam(params, name, value);
  if (changed === null || paramsFault(changed) !== null) return null;
  return changed.maxValidators < readAuthorities(reader).length ? null : changed;
}
