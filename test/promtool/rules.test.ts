/** @module The alerts by Prometheus' own judge: their form, and when they fire. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const FOLDER = join(import.meta.dirname, '../../docs/monitoring');
const promtool = (...args: string[]): string =>
  execFileSync('promtool', args, { cwd: FOLDER, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

it('promtool takes the rules', () => {
  expect(promtool('check', 'rules', 'alerts.rules.yml')).toMatch(/SUCCESS: \d\d rules found/);
});

it('the rules fire on what they are for, and on nothing else', () => {
  expect(promtool('test', 'rules', 'alerts.test.yml')).toContain('SUCCESS');
});
