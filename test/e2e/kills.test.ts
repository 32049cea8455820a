/** @module Kill -9 of the node and of its libSQL servers under load. `npm run test:kills` is the long form. */
import { expect, test } from 'vitest';
import { hits, runKills } from '../support/kill-run.ts';

const KILLS = 6;
const TRANSFERS = 3_000;
const HITS_MIN = 2;

test('kill -9 in the middle of transfers loses no acknowledged transaction and repeats none', async () => {
  const report = await runKills({ seed: 'atoll kills 1', kills: KILLS, transfers: TRANSFERS });
  expect(report.faults).toEqual([]);
  expect(report.kills).toHaveLength(KILLS);
  expect(report.kills.every(({ acknowledged }) => acknowledged < TRANSFERS)).toBe(true);
  expect(report.acknowledged).toBe(TRANSFERS);
  expect(hits(report.kills)).toBeGreaterThanOrEqual(HITS_MIN);
}, 240_000);
