/**
 * @module The validator set as it stands in the state: CBOR([[consensus_key, operator, name, power,
 * priority], ...]).
 */
import {
  addressCodec,
  type Codec,
  consensusKeyCodec,
  decode,
  encode,
  int,
  list,
  text,
  tuple,
  uint,
} from '../codec/codec.ts';
import { VALIDATOR_NAME_BYTES_MAX, VALIDATORS_MAX, VOTING_POWER_TOTAL } from '../primitives/limits.ts';
import type { Validator, ValidatorSet } from './validator-set.ts';

/** Upper bound of an encoded set: per validator a key, an address, a name, two integers and their heads. */
const VALIDATOR_SET_BYTES_MAX = 16 + VALIDATORS_MAX * (96 + VALIDATOR_NAME_BYTES_MAX);

const validatorCodec: Codec<Validator> = tuple({
  consensusKey: consensusKeyCodec,
  operator: addressCodec,
  name: text({ max: VALIDATOR_NAME_BYTES_MAX }),
  power: uint(VOTING_POWER_TOTAL),
  priority: int(),
});

const validatorSetCodec: Codec<readonly Validator[]> = list(validatorCodec, VALIDATORS_MAX);

/** By its bytes: a block asks several times for the set that the one below it wrote. */
const decoded = new WeakMap<Uint8Array, ValidatorSet>();

/** The value stored under ('validators', 'current'). */
export function encodeValidatorSet(set: ValidatorSet): Uint8Array {
  const bytes = encode(validatorSetCodec, set);
  decoded.set(bytes, set);
  return bytes;
}

/** Inverse of `encodeValidatorSet`; nobody changes what it gives, nor its bytes. Throws CodecError. */
export function decodeValidatorSet(bytes: Uint8Array): ValidatorSet {
  const known = decoded.get(bytes);
  if (known !== undefined) return known;
  const set = decode(validatorSetCodec, bytes, VALIDATOR_SET_BYTES_MAX);
  decoded.set(bytes, set);
  return set;
}
