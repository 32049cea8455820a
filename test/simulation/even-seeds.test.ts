import { describe, expect, it } from 'vitest';
import { everySecondSeed, HEIGHTS, SEEDS } from './seed-range.ts';

describe('a simulated network', () => {
  it(`breaks no invariant in the even ones of ${SEEDS} seeds of ${HEIGHTS} heights`, {
    timeout: 240_000,
  }, () => {
    expect(everySecondSeed(2).get('set_changes')).toBeGreaterThan(10);
  });
});
