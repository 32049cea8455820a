import { describe, expect, it } from 'vitest';
import {
  afterFailure,
  BREAKER_CLOSED,
  BREAKER_FAILURES,
  BREAKER_OPEN_MS,
  isOpen,
} from '../../../shared/ledger/breaker.ts';
import { ledgerTargets } from '../../../shared/ledger/endpoints.ts';
import {
  chooseTargets,
  type LedgerTarget,
  nearness,
  type Place,
  type TargetState,
} from '../../../shared/ledger/replicas.ts';

const targets: LedgerTarget[] = [
  { kind: 'replica', url: 'http://us', region: 'us-east' },
  { kind: 'replica', url: 'http://eu', region: 'weur' },
  { kind: 'replica', url: 'http://fra', region: 'fra' },
  { kind: 'primary', url: 'http://primary' },
];
const up = (): TargetState => ({ down: false });
const urls = (place: Place, minHeight = 0, stateOf: (target: LedgerTarget) => TargetState = up) =>
  chooseTargets(targets, place, minHeight, stateOf).map(({ url }) => url.slice('http://'.length));

describe('nearness', () => {
  it.each([
    ['frankfurt', { region: 'frankfurt' }, 0],
    ['fra', { colo: 'FRA' }, 1],
    ['de', { country: 'DE' }, 2],
    ['weur', { continent: 'EU' }, 3],
    ['eu-west-1', { continent: 'EU' }, 3],
    ['us-east-1', { region: 'wnam' }, 3],
    ['us-east-1', { continent: 'EU', region: 'wnam' }, null],
    ['somewhere', { continent: 'EU' }, null],
    ['weur', {}, null],
    ['somewhere', {}, null],
  ] as const)('of %s to %o is %s', (region, place, expected) => {
    expect(nearness(region, place)).toBe(expected);
  });
});

describe('chooseTargets', () => {
  it('asks the nearest replica, then others near, then the primary, then the rest', () => {
    expect(urls({ colo: 'FRA', country: 'DE', continent: 'EU' })).toEqual(['fra', 'eu', 'primary', 'us']);
    expect(urls({ continent: 'NA' })).toEqual(['us', 'primary', 'eu', 'fra']);
    expect(urls({})).toEqual(['primary', 'us', 'eu', 'fra']);
  });

  it('leaves out what is down, and asks the primary if all are', () => {
    const down =
      (...names: string[]) =>
      ({ url }: LedgerTarget) => ({ down: names.some((name) => url.endsWith(name)) });
    expect(urls({ continent: 'EU' }, 0, down('eu', 'primary'))).toEqual(['us', 'fra']);
    expect(urls({ continent: 'EU' }, 0, down('us', 'eu', 'fra', 'primary'))).toEqual(['primary']);
  });

  it('leaves out a replica that is known to be too low, never the primary', () => {
    const at = (height: number) => () => ({ down: false, height });
    expect(urls({ continent: 'EU' }, 10, at(10))).toEqual(['eu', 'primary', 'us', 'fra']);
    expect(urls({ continent: 'EU' }, 11, at(10))).toEqual(['primary']);
  });
});

describe('the breaker', () => {
  it('opens at the limit of failures and not before, for its time and not longer', () => {
    let breaker = BREAKER_CLOSED;
    for (let i = 1; i < BREAKER_FAILURES; i++) breaker = afterFailure(breaker, 1_000);
    expect(isOpen(breaker, 1_000)).toBe(false);
    breaker = afterFailure(breaker, 1_000);
    expect(isOpen(breaker, 1_000)).toBe(true);
    expect(isOpen(breaker, 1_000 + BREAKER_OPEN_MS - 1)).toBe(true);
    expect(isOpen(breaker, 1_000 + BREAKER_OPEN_MS)).toBe(false);
    expect(isOpen(afterFailure(breaker, 7_000), 7_000)).toBe(true);
  });
});

describe('ledgerTargets', () => {
  it('puts the name of the database into each URL', () => {
    const config = {
      url: 'libsql://{chain}.db',
      namespaced: false,
      replicas: { weur: 'libsql://{chain}.eu' },
      readToken: undefined,
    };
    expect(ledgerTargets(config, 'shop')).toEqual([
      { kind: 'replica', url: 'libsql://shop.eu', region: 'weur' },
      { kind: 'primary', url: 'libsql://shop.db' },
    ]);
  });
});
