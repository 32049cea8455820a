/** @module The record of the validator set in force: namespace 'validators', key 'current'. */
import { assert } from '../primitives/assert.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { decodeValidatorSet } from '../validators/encode.ts';
import type { ValidatorSet } from '../validators/validator-set.ts';

/** Namespace of validator records. */
export const VALIDATORS_NAMESPACE = 'validators';
/** Key of the set that signs the next block. */
export const VALIDATORS_CURRENT: Uint8Array = new TextEncoder().encode('current');

/** The set that signs the block after this state. */
export function readValidators(reader: StateReader): ValidatorSet {
  const bytes = reader.get(VALIDATORS_NAMESPACE, VALIDATORS_CURRENT);
  assert(bytes !== null, 'genesis writes the validator set');
  return decodeValidatorSet(bytes);
}
