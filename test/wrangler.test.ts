/** @module Environments inherit nothing: production must repeat every binding and var of the default one. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { settingsSchema } from '../shared/api/settings.ts';

const toml = readFileSync(join(import.meta.dirname, '../wrangler.toml'), 'utf8');
const start = toml.indexOf('[env.production]');
const [normal, production] = [toml.slice(0, start), toml.slice(start)];

/** Names on the left of `=` in the section with this header. */
function namesIn(text: string, header: string): string[] {
  const section = text.slice(text.indexOf(`${header}\n`) + header.length).split(/\n\[/)[0] ?? '';
  return [...section.matchAll(/^(\w+) =/gm)].map((match) => match[1] ?? '').sort();
}

it('gives production the same vars as the default environment', () => {
  expect(namesIn(production, '[env.production.vars]')).toEqual(namesIn(normal, '[vars]'));
});

it('gives production the same object bindings, classes and limits', () => {
  const bindings = (text: string) =>
    [...text.matchAll(/name = "(\w+)"\nclass_name = "(\w+)"/g)].map((match) => match.slice(1));
  expect(bindings(normal)).toHaveLength(3);
  expect(bindings(production)).toEqual(bindings(normal));
  for (const line of [
    'cpu_ms = 30000',
    'enabled = true',
    'new_sqlite_classes = ["ChainObject", "NodeObject", "HubObject"]',
  ]) {
    expect([normal.includes(line), production.includes(line)], line).toEqual([true, true]);
  }
});

it('sets only vars that the node knows, and no secret', () => {
  const known = Object.keys(settingsSchema.shape);
  for (const name of namesIn(normal, '[vars]')) expect(known).toContain(name);
  for (const secret of [
    'VALIDATOR_KEY',
    'NODE_KEY',
    'ALERT_WEBHOOK_SECRET',
    'ADMIN_TOKEN',
    'DATABASE_AUTH_TOKEN',
    'DATABASE_READ_TOKEN',
    'DATABASE_ADMIN_TOKEN',
  ]) {
    expect(namesIn(normal, '[vars]')).not.toContain(secret);
  }
});
