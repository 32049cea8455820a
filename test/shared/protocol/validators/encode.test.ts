import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CodecError } from '../../../../shared/protocol/codec/codec.ts';
import {
  VALIDATOR_NAME_BYTES_MAX,
  VALIDATORS_MAX,
  VOTING_POWER_TOTAL,
} from '../../../../shared/protocol/primitives/limits.ts';
import { decodeValidatorSet, encodeValidatorSet } from '../../../../shared/protocol/validators/encode.ts';
import { validatorsHash } from '../../../../shared/protocol/validators/hash.ts';
import { advancePriorities } from '../../../../shared/protocol/validators/proposer-selection.ts';
import { setOf } from './samples.ts';

const widest = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    ...(setOf(...new Array<number>(count).fill(1))[index] ?? never()),
    name: 'é'.repeat(VALIDATOR_NAME_BYTES_MAX / 2),
    power: VOTING_POWER_TOTAL,
    priority: -4 * VOTING_POWER_TOTAL - 1,
  }));

function never(): never {
  throw new Error('the set has that many');
}

describe('a validator set', () => {
  it('comes back from its bytes, negative priorities included', () => {
    const powers = fc.array(fc.integer({ min: 1, max: VOTING_POWER_TOTAL }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(powers, fc.integer({ min: 1, max: 20 }), (list, steps) => {
        const set = advancePriorities(setOf(...list), steps);
        expect(decodeValidatorSet(encodeValidatorSet(set))).toEqual(set);
      }),
      { numRuns: 100 },
    );
  });

  it(`has at most ${VALIDATORS_MAX} members, however wide their fields`, () => {
    const full = widest(VALIDATORS_MAX);
    expect(decodeValidatorSet(encodeValidatorSet(full))).toEqual(full);
    expect(() => encodeValidatorSet(widest(VALIDATORS_MAX + 1))).toThrow(CodecError);
  });

  it('is refused with bytes missing or left over', () => {
    const bytes = encodeValidatorSet(setOf(1, 2, 3));
    expect(() => decodeValidatorSet(bytes.subarray(0, -1))).toThrow(CodecError);
    expect(() => decodeValidatorSet(Uint8Array.from([...bytes, 0]))).toThrow(CodecError);
  });
});

describe('validatorsHash', () => {
  it('covers keys and power and not priorities, names or operators', () => {
    const set = setOf(1, 2, 3);
    const renamed = set.map((validator) => ({ ...validator, name: 'another' }));
    expect(validatorsHash(advancePriorities(set, 1))).toBe(validatorsHash(set));
    expect(validatorsHash(renamed)).toBe(validatorsHash(set));
    expect(validatorsHash(setOf(1, 2, 4))).not.toBe(validatorsHash(set));
    expect(validatorsHash(set.slice(1))).not.toBe(validatorsHash(set));
  });
});
