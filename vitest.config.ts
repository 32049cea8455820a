/** @module Which tests run where. `npm test` needs npm only; the browser and promtool projects need Debian packages. */
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

/** Tests that start workerd, sqld or whole processes. All others need nothing but memory. */
const WITH_PROCESSES = [
  'test/workers/**/*.test.ts',
  'test/durable-objects/**/*.test.ts',
  'test/sdk/**/*.test.ts',
  'test/shared/ledger/**/*.test.ts',
  'test/cli/**/*.test.ts',
  'test/e2e/**/*.test.ts',
];

/** Tests that need Debian's Chromium; `npm run test:browser`. */
const IN_BROWSER = ['test/browser/**/*.test.ts'];
/** Tests that need Debian's promtool; `npm run test:promtool`. */
const WITH_PROMTOOL = ['test/promtool/**/*.test.ts'];
/** Tests of several nodes that live and die for a while; `npm run test:network`. */
const OF_NETWORKS = ['test/network/**/*.test.ts'];
/** Validators that lose their storage or sign twice, on several real nodes; `npm run test:signing`. */
const OF_SIGNING = ['test/signing/**/*.test.ts'];
/** Thousands of requests that nobody should send; `npm run test:fuzz`. */
const OF_FUZZING = ['test/fuzz/**/*.test.ts'];
/** Tests that measure workerd for a minute or two; `npm run test:load`. */
const OF_LOAD = ['test/load/**/*.test.ts'];
/** Where CI wants a report of each run, to count tests. */
const RESULTS = process.env.ATOLL_TEST_RESULTS;

export default defineConfig({
  test: {
    pool: 'forks',
    // One more than this was measured on has cores: many tests wait for processes and timers.
    maxWorkers: 3,
    reporters:
      RESULTS === undefined
        ? ['default']
        : ['default', ['json', { outputFile: join(RESULTS, `${process.pid}.json`) }]],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'shared/**/*.test.ts'],
          exclude: [
            ...WITH_PROCESSES,
            ...IN_BROWSER,
            ...WITH_PROMTOOL,
            ...OF_NETWORKS,
            ...OF_SIGNING,
            ...OF_LOAD,
            ...OF_FUZZING,
          ],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'nodes',
          include: WITH_PROCESSES,
          globalSetup: 'test/support/global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: IN_BROWSER,
          globalSetup: 'test/support/global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'signing',
          include: OF_SIGNING,
          globalSetup: 'test/support/global-setup.ts',
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 5 },
        },
      },
      {
        extends: true,
        test: {
          name: 'network',
          include: OF_NETWORKS,
          globalSetup: 'test/support/global-setup.ts',
          // Most of the time they wait for rounds and deaths; a third would take the time of the other two.
          maxWorkers: 2,
          testTimeout: 90_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 4 },
        },
      },
      {
        extends: true,
        test: {
          name: 'load',
          include: OF_LOAD,
          globalSetup: 'test/support/global-setup.ts',
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 6 },
        },
      },
      {
        extends: true,
        test: {
          name: 'fuzz',
          include: OF_FUZZING,
          globalSetup: 'test/support/global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 7 },
        },
      },
      {
        extends: true,
        test: {
          name: 'promtool',
          include: WITH_PROMTOOL,
          globalSetup: 'test/support/global-setup.ts',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
