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

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts', 'shared/**/*.test.ts'],
          exclude: WITH_PROCESSES,
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
    ],
  },
});
