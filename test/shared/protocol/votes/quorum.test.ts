import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VOTING_POWER_TOTAL } from '../../../../shared/protocol/primitives/limits.ts';
import { hasQuorum, hasThird } from '../../../../shared/protocol/votes/quorum.ts';

const power = fc.nat(VOTING_POWER_TOTAL);

describe('thresholds', () => {
  it('are strict: exactly two thirds or one third is not enough', () => {
    expect([hasQuorum(2, 3), hasQuorum(3, 3), hasThird(1, 3), hasThird(2, 3)]).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect([hasQuorum(666_666_666, VOTING_POWER_TOTAL), hasQuorum(666_666_667, VOTING_POWER_TOTAL)]).toEqual([
      false,
      true,
    ]);
    expect([hasThird(333_333_333, VOTING_POWER_TOTAL), hasThird(333_333_334, VOTING_POWER_TOTAL)]).toEqual([
      false,
      true,
    ]);
  });

  it('make two quorums share more than a third', () => {
    fc.assert(
      fc.property(power, power, (a, b) => {
        if (!hasQuorum(a, VOTING_POWER_TOTAL) || !hasQuorum(b, VOTING_POWER_TOTAL)) return;
        expect(hasThird(a + b - VOTING_POWER_TOTAL, VOTING_POWER_TOTAL)).toBe(true);
      }),
    );
  });

  it('agree with exact arithmetic', () => {
    fc.assert(
      fc.property(power, (a) => {
        expect(hasQuorum(a, VOTING_POWER_TOTAL)).toBe(3n * BigInt(a) > 2n * BigInt(VOTING_POWER_TOTAL));
        expect(hasThird(a, VOTING_POWER_TOTAL)).toBe(3n * BigInt(a) > BigInt(VOTING_POWER_TOTAL));
      }),
    );
  });
});
