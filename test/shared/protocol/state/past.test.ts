import { describe, expect, it } from 'vitest';
import { uint } from '../../../../shared/protocol/codec/codec.ts';
import type { ConsensusKey } from '../../../../shared/protocol/primitives/brand.ts';
import {
  readClaims,
  readPending,
  withActivation,
  writeClaims,
  writePending,
} from '../../../../shared/protocol/state/claims.ts';
import { isYoungHeight, recordTime } from '../../../../shared/protocol/state/clock.ts';
import { Overlay } from '../../../../shared/protocol/state/overlay.ts';
import { Queue } from '../../../../shared/protocol/state/queue.ts';
import { awaitActivation } from '../../../../shared/protocol/state/registration.ts';
import { dropOldestSet, recordSet, validatorsAt } from '../../../../shared/protocol/state/set-history.ts';
import {
  CLAIMS_MAX,
  CLOCK_SAMPLES_MAX,
  CLOCK_SAMPLES_PER_AGE,
  PENDING_VALIDATORS_MAX,
} from '../../../../shared/protocol/state/staking-limits.ts';
import {
  addValidator,
  validatorOf,
  writeValidator,
} from '../../../../shared/protocol/state/validator-record.ts';
import { validatorKey } from '../../../support/staking-chain.ts';
import { anAddress } from '../../../support/transactions.ts';

const aStore = () => new Overlay({ get: () => null });
const key = (index: number) => `0x${index.toString(16).padStart(64, '0')}` as ConsensusKey;

describe('a queue', () => {
  it('gives back what was put in, in order, and never a number twice', () => {
    const queue = new Queue('numbers', uint());
    const store = aStore();
    expect(queue.oldest(store)).toBeNull();
    expect([7, 8, 9].map((item) => queue.push(store, item))).toEqual([0, 1, 2]);
    queue.shift(store);
    expect([queue.oldest(store), queue.at(store, 2), queue.bounds(store)]).toEqual([
      8,
      9,
      { first: 1, next: 3 },
    ]);
    queue.shift(store);
    queue.shift(store);
    expect(queue.push(store, 1)).toBe(3);
    expect(() => queue.at(store, 0)).toThrow('every item within its bounds');
  });
});

describe('the sets of the past', () => {
  it('are found by any height from the first that is kept', () => {
    const store = aStore();
    const starts = [1, 5, 6, 40, 1_000];
    for (const height of starts) {
      const member = { consensusKey: validatorKey(0), operator: anAddress(1), name: '', priority: 0 };
      recordSet(store, height, height, [{ ...member, power: height }]);
    }
    for (let height = 1; height < 1_100; height++) {
      const start = starts.findLast((one) => one <= height);
      expect(validatorsAt(store, height)?.[0]?.power).toBe(start);
    }
    expect(validatorsAt(store, 0)).toBeNull();
    dropOldestSet(store);
    expect(validatorsAt(store, 4)).toBeNull();
    expect(validatorsAt(store, 5)?.[0]?.power).toBe(5);
  });
});

describe('the clock', () => {
  const params = { evidenceAgeMs: 6_400 };
  const interval = params.evidenceAgeMs / CLOCK_SAMPLES_PER_AGE;

  it('takes no height for younger than it is, and for older by a 64th of the age at most', () => {
    const store = aStore();
    const timeOf = (height: number) => height * 30 + (height > 100 ? 20_000 : 0);
    for (let height = 0; height < 400; height++) {
      recordTime(store, params, height, timeOf(height));
      for (let past = 0; past <= height; past += 7) {
        const age = timeOf(height) - timeOf(past);
        const isYoung = isYoungHeight(store, past, timeOf(height) - params.evidenceAgeMs);
        if (age > params.evidenceAgeMs) expect(isYoung).toBe(false);
        if (age <= params.evidenceAgeMs - interval) expect(isYoung).toBe(true);
      }
    }
  });

  it(`keeps at most ${CLOCK_SAMPLES_MAX} times, also when the age has grown`, () => {
    const store = aStore();
    for (let height = 0; height < 2 * CLOCK_SAMPLES_MAX; height++) {
      recordTime(store, { evidenceAgeMs: height % 2 === 0 ? 1 : 1_000_000 }, height, height * 20_000);
    }
    expect(isYoungHeight(store, 2 * CLOCK_SAMPLES_MAX, 0)).toBe(true);
  });
});

describe('claims', () => {
  function registered(count: number, stake: (index: number) => bigint) {
    const store = aStore();
    for (let index = 0; index < count; index++) {
      addValidator(store, key(index), { operator: anAddress(1), name: '', endpoint: '', commissionBps: 0 });
      writeValidator(store, key(index), { ...validatorOf(store, key(index)), stake: stake(index) });
      writeClaims(store, withActivation(store, readClaims(store), key(index)));
    }
    return store;
  }

  it(`number at most ${CLAIMS_MAX}: the smallest stake makes room for a larger one only`, () => {
    const store = registered(CLAIMS_MAX + 1, (index) => BigInt(index + 1));
    const claims = readClaims(store);
    expect(claims).toHaveLength(CLAIMS_MAX);
    expect(claims.some(({ consensusKey }) => consensusKey === key(0))).toBe(false);
    const equal = registered(CLAIMS_MAX + 1, () => 1n);
    expect(readClaims(equal).some(({ consensusKey }) => consensusKey === key(CLAIMS_MAX))).toBe(false);
  });

  it(`wait for activation once each, ${PENDING_VALIDATORS_MAX} at a time and not one more`, () => {
    const store = aStore();
    const waiting = Array.from({ length: PENDING_VALIDATORS_MAX - 1 }, (_, index) => key(index));
    writePending(store, waiting);
    awaitActivation(store, key(5_000));
    awaitActivation(store, key(5_000));
    expect(readPending(store)).toEqual([...waiting, key(5_000)]);
    expect(() => awaitActivation(store, key(5_001))).toThrow('LIMIT_REACHED');
  });
});
