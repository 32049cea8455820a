/** @module What is deployed has none of the doors that tests give to Workers of their own. */
import { expect, test } from 'vitest';
import { loadBundle } from '../../cli/devnet/bundle.ts';
import { CLOCK_NOTE } from '../support/clock-report.ts';
import { DEATH_NOTE } from '../support/crash-doors.ts';

/** Texts of the doors, each with an entry that has it. */
const MARKS = [
  { mark: DEATH_NOTE, entry: 'test/support/objects-entry.ts' },
  { mark: CLOCK_NOTE, entry: 'test/support/frozen-entry.ts' },
  { mark: '/wakeups', entry: 'test/support/wakeups-entry.ts' },
];

async function textOf(entry?: string): Promise<string> {
  const { modules, mainModule } = await loadBundle(entry);
  return String(modules[mainModule]?.contents);
}

test.each(MARKS)('the deployed bundle has no "$mark", which that of a test has', async ({ mark, entry }) => {
  expect(await textOf(entry)).toContain(mark);
  expect(await textOf()).not.toContain(mark);
});
