import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConsensusKey } from '../../../../shared/protocol/primitives/brand.ts';
import { VOTING_POWER_TOTAL } from '../../../../shared/protocol/primitives/limits.ts';
import { totalPower } from '../../../../shared/protocol/validators/validator-set.ts';
import { powers, validatorsFromAuthorities } from '../../../../shared/protocol/validators/voting-power.ts';
import { aKey, members } from './samples.ts';

const POA = { authorityWeightBps: 10_000, fullStake: 1_000n, maxValidators: 64 };

const inputs = fc.record({
  authorities: fc.uniqueArray(fc.nat(200), { maxLength: 20 }).map((list) => list.map(aKey)),
  stakes: fc
    .uniqueArray(fc.tuple(fc.nat(200), fc.bigInt(0n, 2n ** 62n)), {
      maxLength: 80,
      selector: ([index]) => index,
    })
    .map((list) => list.map(([index, stake]) => ({ consensusKey: aKey(index), stake }))),
  params: fc.record({
    authorityWeightBps: fc.nat(10_000),
    fullStake: fc.bigInt(1n, 2n ** 62n),
    maxValidators: fc.integer({ min: 20, max: 64 }),
  }),
});

describe('powers', () => {
  it('add up to exactly 10^9 in ascending order of keys, within the largest set, unless nobody has a claim', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const set = powers(input);
        const claims = input.authorities.length > 0 || input.stakes.some(({ stake }) => stake > 0n);
        expect(set.reduce((sum, { power }) => sum + power, 0)).toBe(claims ? VOTING_POWER_TOTAL : 0);
        expect(set.every(({ power }) => Number.isSafeInteger(power) && power > 0)).toBe(true);
        expect(set.map(({ consensusKey }) => consensusKey)).toEqual(
          set.map(({ consensusKey }) => consensusKey).sort(),
        );
        expect(set.length).toBeLessThanOrEqual(input.params.maxValidators);
      }),
      { numRuns: 200 },
    );
  });

  it('do not depend on the order in which authorities and stakes are given', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const turned = {
          ...input,
          authorities: input.authorities.toReversed(),
          stakes: input.stakes.toReversed(),
        };
        expect(powers(turned)).toEqual(powers(input));
      }),
      { numRuns: 100 },
    );
  });

  it('of equal authorities differ by at most one unit, the larger first by key', () => {
    for (let count = 1; count <= 64; count++) {
      const set = powers({
        authorities: members(count).map((member) => member.consensusKey),
        stakes: [],
        params: POA,
      });
      const shares = set.map(({ power }) => power);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(1);
      expect(shares).toEqual(shares.toSorted((a, b) => b - a));
    }
  });

  it('of stake grow until full_stake is bonded, then stay at its weight', () => {
    const stakePower = (stake: bigint): number => {
      const set = powers({
        authorities: [aKey(1)],
        stakes: [{ consensusKey: aKey(2), stake }],
        params: { authorityWeightBps: 4_000, fullStake: 1_000n, maxValidators: 64 },
      });
      return set.find(({ consensusKey }) => consensusKey === aKey(2))?.power ?? 0;
    };
    expect([0n, 1n, 500n, 1_000n, 1_001n, 9_999n].map(stakePower)).toEqual([
      0, 600_000, 300_000_000, 600_000_000, 600_000_000, 600_000_000,
    ]);
  });

  it('of stake are all when no authority is left, whatever the weight', () => {
    const stakes = [
      { consensusKey: aKey(1), stake: 1n },
      { consensusKey: aKey(2), stake: 2n },
    ];
    const shares = powers({ authorities: [], stakes, params: POA }).map(({ power }) => power);
    expect(shares.toSorted()).toEqual([333_333_333, 666_666_667]);
  });

  it('of stake give units left over to the largest remainder, ties by key', () => {
    const keys = [aKey(1), aKey(2), aKey(3)].sort();
    const stakes = keys.map((consensusKey) => ({ consensusKey, stake: 1n }));
    const set = powers({ authorities: [], stakes, params: POA });
    expect(set.map(({ power }) => power)).toEqual([333_333_334, 333_333_333, 333_333_333]);
  });

  it('of an authority that also bonds add up', () => {
    const params = { authorityWeightBps: 5_000, fullStake: 10n, maxValidators: 64 };
    const stakes = [{ consensusKey: aKey(1), stake: 10n }];
    const set = powers({ authorities: [aKey(1), aKey(2)], stakes, params });
    expect(new Map(set.map(({ consensusKey, power }) => [consensusKey, power]))).toEqual(
      new Map([
        [aKey(1), 750_000_000],
        [aKey(2), 250_000_000],
      ]),
    );
  });

  it('leave out the smallest stakes of a full set, and none at its size', () => {
    const stakes = Array.from({ length: 4 }, (_, index) => ({
      consensusKey: aKey(index),
      stake: BigInt(index + 1),
    }));
    const keysOf = (maxValidators: number): ConsensusKey[] =>
      powers({ authorities: [], stakes, params: { ...POA, maxValidators } }).map(
        ({ consensusKey }) => consensusKey,
      );
    expect(keysOf(4)).toHaveLength(4);
    expect(keysOf(3)).toEqual([aKey(1), aKey(2), aKey(3)].sort());
  });
});

describe('validatorsFromAuthorities', () => {
  it('gives each authority an equal share, priority 0, and the place of its key', () => {
    const set = validatorsFromAuthorities(members(3), POA);
    expect(totalPower(set)).toBe(VOTING_POWER_TOTAL);
    expect(set.every(({ priority }) => priority === 0)).toBe(true);
    expect(set.map(({ consensusKey }) => consensusKey)).toEqual(
      members(3)
        .map((member) => member.consensusKey)
        .sort(),
    );
    for (const { name, operator, consensusKey } of set) {
      expect(members(3)).toContainEqual({ name, operator, consensusKey });
    }
  });

  it('asserts distinct keys and room in the set', () => {
    const [first] = members(1);
    if (first === undefined) throw new Error('one member');
    expect(() => validatorsFromAuthorities([first, first], POA)).toThrow('distinct');
    expect(() => validatorsFromAuthorities(members(65), POA)).toThrow('fit');
    expect(validatorsFromAuthorities(members(64), POA)).toHaveLength(64);
  });
});
