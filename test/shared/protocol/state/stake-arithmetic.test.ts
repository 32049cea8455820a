import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Overlay } from '../../../../shared/protocol/state/overlay.ts';
import { rewardOf, splitReward } from '../../../../shared/protocol/state/rewards.ts';
import { sharesFor, sharesToBurn, unitsOf } from '../../../../shared/protocol/state/shares.ts';
import { addValidator, validatorOf } from '../../../../shared/protocol/state/validator-record.ts';
import { validatorKey } from '../../../support/staking-chain.ts';
import { anAddress } from '../../../support/transactions.ts';

const units = fc.bigInt(1n, 2n ** 62n);
/** A pool after slashes: shares at least as many as units. */
const pool = fc
  .tuple(units, units)
  .map(([a, b]) => (a < b ? { stake: a, shares: b } : { stake: b, shares: a }));

function aRecord() {
  const store = new Overlay({ get: () => null });
  addValidator(store, validatorKey(0), { operator: anAddress(1), name: '', endpoint: '', commissionBps: 0 });
  return validatorOf(store, validatorKey(0));
}

describe('shares', () => {
  it('cost one unit each as long as nothing was slashed', () => {
    expect(sharesFor({ stake: 0n, shares: 0n }, 7n)).toBe(7n);
    expect(sharesFor({ stake: 9n, shares: 9n }, 7n)).toBe(7n);
    expect(sharesFor({ stake: 0n, shares: 9n }, 7n)).toBeNull();
  });

  it('are never worth more than was paid for them, and make those of others worth no less', () => {
    fc.assert(
      fc.property(pool, units, fc.bigInt(0n, 100n), (before, paid, percent) => {
        const bought = sharesFor(before, paid) ?? 0n;
        const after = { stake: before.stake + paid, shares: before.shares + bought };
        expect(unitsOf(after, bought)).toBeLessThanOrEqual(paid);
        const others = (before.shares * percent) / 100n;
        expect(unitsOf(after, others)).toBeGreaterThanOrEqual(unitsOf(before, others));
      }),
    );
  });

  it('can be sold for all that they are worth and for no unit more; the rest of the pool loses nothing', () => {
    fc.assert(
      fc.property(pool, fc.bigInt(1n, 100n), fc.bigInt(1n, 100n), (before, percent, part) => {
        const owned = (before.shares * percent) / 100n;
        const worth = unitsOf(before, owned);
        expect(sharesToBurn(before, owned, worth + 1n)).toBeNull();
        expect(sharesToBurn(before, owned, worth)).toBe(owned);
        const some = (worth * part) / 100n;
        if (some === 0n) return;
        const burned = sharesToBurn(before, owned, some) ?? 0n;
        expect(burned).toBeLessThanOrEqual(owned);
        const after = { stake: before.stake - some, shares: before.shares - burned };
        const others = before.shares - owned;
        expect(unitsOf(after, others)).toBeGreaterThanOrEqual(unitsOf(before, others));
      }),
    );
  });
});

describe('rewards', () => {
  it('of a validator without stakers are all the operator’s', () => {
    const record = aRecord();
    expect(splitReward(record, 9n)).toEqual({ record, operatorUnits: 9n });
  });

  it('are divided without a unit made or lost, and what is kept covers every claim', () => {
    const amounts = fc.array(fc.bigInt(1n, 2n ** 40n), { minLength: 1, maxLength: 8 });
    const owners = fc.array(fc.bigInt(1n, 2n ** 50n), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(amounts, owners, fc.nat(10_000), (fees, shares, commissionBps) => {
        const total = shares.reduce((sum, one) => sum + one, 0n);
        let record = { ...aRecord(), commissionBps, shares: total, stake: total };
        let paid = 0n;
        for (const fee of fees) {
          const split = splitReward(record, fee);
          record = split.record as typeof record;
          paid += split.operatorUnits;
          expect(split.operatorUnits).toBeGreaterThanOrEqual((fee * BigInt(commissionBps)) / 10_000n);
        }
        expect(paid + record.unpaidRewards).toBe(fees.reduce((sum, fee) => sum + fee, 0n));
        const claims = shares.map((one) =>
          rewardOf(record, { consensusKey: validatorKey(0), shares: one, paidPerShare: 0n }),
        );
        expect(claims.reduce((sum, one) => sum + one, 0n)).toBeLessThanOrEqual(record.unpaidRewards);
      }),
    );
  });
});
