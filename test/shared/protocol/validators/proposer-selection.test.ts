import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ROUND_MAX, TURNS_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import {
  advancePriorities,
  proposerAt,
  renewValidatorSet,
  turnsOf,
} from '../../../../shared/protocol/validators/proposer-selection.ts';
import { totalPower, type ValidatorSet } from '../../../../shared/protocol/validators/validator-set.ts';
import { validatorsFromAuthorities } from '../../../../shared/protocol/validators/voting-power.ts';
import { aKey, members, setOf } from './samples.ts';

const PARAMS = { authorityWeightBps: 10_000, fullStake: 1n, maxValidators: 64 };
const weights = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 12 });
const spreadOf = (set: ValidatorSet): number => {
  const priorities = set.map(({ priority }) => priority);
  return Math.max(...priorities) - Math.min(...priorities);
};

describe('proposerAt', () => {
  it('is plain rotation in key order for equal authorities, over heights and over rounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 64 }),
        fc.array(fc.nat(5), { maxLength: 12 }),
        (count, rounds) => {
          let set = validatorsFromAuthorities(members(count), PARAMS);
          let turn = 0;
          for (const round of rounds) {
            for (const ahead of [0, 1, count]) {
              expect(proposerAt(set, ahead)).toMatchObject({
                consensusKey: set[(turn + ahead) % count]?.consensusKey,
              });
            }
            set = advancePriorities(set, round + 1);
            turn += round + 1;
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('comes up in proportion to power: over P turns each exactly as often as it has units', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1, maxLength: 8 }), (powers) => {
        let set = setOf(...powers);
        const start = set;
        const turns = new Map<string, number>();
        for (let turn = 0; turn < totalPower(start); turn++) {
          const { consensusKey } = proposerAt(set, 0);
          turns.set(consensusKey, (turns.get(consensusKey) ?? 0) + 1);
          set = advancePriorities(set, 1);
        }
        expect(start.map(({ consensusKey }) => turns.get(consensusKey))).toEqual(
          start.map(({ power }) => power),
        );
        expect(set).toEqual(start);
      }),
      { numRuns: 60 },
    );
  });

  it('of a round is the proposer after as many missed turns', () => {
    fc.assert(
      fc.property(weights, fc.nat(40), (powers, round) => {
        const set = setOf(...powers);
        const later = round === 0 ? set : advancePriorities(set, round);
        expect(proposerAt(set, round).consensusKey).toBe(proposerAt(later, 0).consensusKey);
      }),
      { numRuns: 100 },
    );
  });

  it('goes to the lowest key when priorities are equal', () => {
    const set = setOf(5, 5, 5);
    expect(proposerAt(set, 0).consensusKey).toBe(set[0]?.consensusKey);
  });

  it(`is defined up to round ${ROUND_MAX} and asserts beyond`, () => {
    expect(proposerAt(setOf(1, 2), ROUND_MAX).power).toBeGreaterThan(0);
    expect(() => proposerAt(setOf(1, 2), ROUND_MAX + 1)).toThrow('round limit');
    expect(() => proposerAt(setOf(1, 2), -1)).toThrow('round limit');
    expect(() => proposerAt([], 0)).toThrow('never empty');
  });

  it('repeats its turns after so many rounds, and whoever is elected in a late round has paid for it', () => {
    const set = setOf(7, 5, 3, 1);
    for (const round of [0, 1, 17, TURNS_MAX - 1]) {
      for (const late of [round + TURNS_MAX, round + 1_000_000 * TURNS_MAX]) {
        expect(proposerAt(set, late)).toBe(proposerAt(set, round));
        expect(advancePriorities(set, turnsOf(late))).toEqual(advancePriorities(set, turnsOf(round)));
      }
    }
  });

  it('costs no more in the highest round than in a lap of turns', () => {
    const set = setOf(...new Array<number>(64).fill(3));
    const time = (round: number): number => {
      const started = performance.now();
      for (let run = 0; run < 20; run++) proposerAt(set, round);
      return performance.now() - started;
    };
    time(TURNS_MAX - 1);
    // Twenty laps of 64,000 steps each: tens of milliseconds, where four thousand million rounds would take minutes.
    expect(time(ROUND_MAX)).toBeLessThan(2_000);
  });
});

describe('advancePriorities', () => {
  it('keeps the sum of priorities and stays within the window', () => {
    fc.assert(
      fc.property(weights, fc.integer({ min: 1, max: 100 }), (powers, steps) => {
        const set = setOf(...powers);
        const sum = (of: ValidatorSet): number => of.reduce((total, { priority }) => total + priority, 0);
        const advanced = advancePriorities(set, steps);
        expect(sum(advanced)).toBe(sum(set));
        expect(spreadOf(advanced)).toBeLessThanOrEqual(2 * totalPower(set));
      }),
      { numRuns: 100 },
    );
  });

  it('leaves a single validator as it was, so that its blocks write nothing', () => {
    const set = setOf(1_000_000_000);
    expect(advancePriorities(set, 1)).toEqual(set);
    expect(Object.is(advancePriorities(set, 1)[0]?.priority, 0)).toBe(true);
  });
});

describe('renewValidatorSet', () => {
  it('starts a newcomer 1.125 times the total behind those who stay, then centres', () => {
    const [first, second] = members(2);
    if (first === undefined || second === undefined) throw new Error('two members');
    const set = renewValidatorSet([], [{ ...first, power: 800 }]);
    const renewed = renewValidatorSet(set, [
      { ...first, power: 400 },
      { ...second, power: 400 },
    ]);
    const priority = (index: number) =>
      renewed.find(({ consensusKey }) => consensusKey === aKey(index))?.priority;
    // 0 and -900 have the average -450.
    expect([priority(0), priority(1)]).toEqual([450, -450]);
  });

  it('gains nobody a turn by leaving and coming back', () => {
    let set = setOf(10, 10, 10);
    const leaver = set[0];
    if (leaver === undefined) throw new Error('three validators');
    set = renewValidatorSet(
      set,
      set.filter((validator) => validator !== leaver),
    );
    set = renewValidatorSet(set, [...set, leaver]);
    expect(proposerAt(set, 0).consensusKey).not.toBe(leaver.consensusKey);
    expect(proposerAt(set, 1).consensusKey).not.toBe(leaver.consensusKey);
  });

  it('centres priorities on 0 and keeps them within twice the total', () => {
    const change = fc.tuple(weights, weights, fc.integer({ min: 1, max: 50 }));
    fc.assert(
      fc.property(change, ([before, after, steps]) => {
        const old = advancePriorities(setOf(...before), steps);
        const renewed = renewValidatorSet(old, setOf(...after));
        expect(spreadOf(renewed)).toBeLessThanOrEqual(2 * totalPower(renewed));
        const sum = renewed.reduce((total, { priority }) => total + priority, 0);
        expect(Math.abs(sum)).toBeLessThanOrEqual(renewed.length);
        expect(renewed.map(({ consensusKey }) => consensusKey)).toEqual(
          renewed.map(({ consensusKey }) => consensusKey).sort(),
        );
      }),
      { numRuns: 100 },
    );
  });
});
