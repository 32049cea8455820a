/** @module Shares of a validator's stake in integers: a slash makes each share worth less, and nothing is ever lost. */
import type { ValidatorRecord } from './validator-record.ts';

type Pool = Pick<ValidatorRecord, 'stake' | 'shares'>;

/** Shares for new stake, rounded down; null where the old shares are worth nothing and no price exists. */
export function sharesFor(pool: Pool, units: bigint): bigint | null {
  if (pool.shares === 0n) return units;
  return pool.stake === 0n ? null : (units * pool.shares) / pool.stake;
}

/** What shares are worth now, native units, rounded down. */
export function unitsOf(pool: Pool, shares: bigint): bigint {
  return pool.shares === 0n ? 0n : (shares * pool.stake) / pool.shares;
}

/**
 * Shares that pay for `units` of `owned`: rounded up, so that those who stay lose nothing; all of them for all that they
 * are worth. Null if they are worth less.
 */
export function sharesToBurn(pool: Pool, owned: bigint, units: bigint): bigint | null {
  const worth = unitsOf(pool, owned);
  if (units > worth) return null;
  if (units === worth) return owned;
  return (units * pool.shares + pool.stake - 1n) / pool.stake;
}
