/** @module Seeds that broke an invariant and still do where what they found is put back: docs/spec/consensus.md, "Simulation". */
import { expect, it } from 'vitest';
import { runSeed } from './run-seed.ts';

const HEIGHTS = 100;

it.each([6_720, 7_864, 8_756])('seed %i breaks nothing any more', (seed) => {
  const { violation, detail } = runSeed(seed, HEIGHTS);
  expect(violation, detail).toBeNull();
});
