/** @module Alerts and dashboard against the metrics that exist: what they ask for is what a node exposes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const DOCS = join(import.meta.dirname, '../docs');
const read = (path: string): string => readFileSync(join(DOCS, path), 'utf8');
/** Name -> type, as docs/spec/metrics.md lists them; another test compares that page with the code. */
const metrics = new Map(
  [...read('spec/metrics.md').matchAll(/^\| `(blockchain_\w+)` \| (\w+) \|/gm)].map(
    ([, name = '', type = '']) => [name, type],
  ),
);

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}
const dashboard = JSON.parse(read('monitoring/dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly query: string }[] };
};
const expressions = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
const rules = read('monitoring/alerts.rules.yml').replace(/^#.*$/gm, '');

/** Metrics that an expression names and no node exposes; a histogram is asked for by its buckets, sum or count. */
function unknownIn(text: string): string[] {
  const names = text.match(/\bblockchain_\w+/g) ?? [];
  return names.filter((name) => {
    const base = name.replace(/_(bucket|sum|count)$/, '');
    return metrics.get(name) === undefined
      ? metrics.get(base) !== 'histogram'
      : metrics.get(name) === 'histogram';
  });
}

describe('the dashboard', () => {
  it('asks for metrics that exist, and shows all of them but what a node is', () => {
    expect(expressions.length).toBeGreaterThan(30);
    expect(unknownIn(expressions.join('\n'))).toEqual([]);
    const shown = expressions.join('\n');
    const missing = [...metrics.keys()].filter((name) => !shown.includes(name));
    expect(missing.filter((name) => !NOT_SHOWN.includes(name))).toEqual([]);
  });

  it('has panels that do not overlap, with ids of their own', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    expect(dashboard.panels.every(({ gridPos: { x, w } }) => x + w <= 24)).toBe(true);
  });

  it('fills its choices from metrics that exist', () => {
    expect(unknownIn(dashboard.templating.list.map(({ query }) => query).join('\n'))).toEqual([]);
  });
});

describe('the alerts', () => {
  it('ask for metrics that exist', () => {
    expect(rules.match(/\bblockchain_\w+/g)?.length).toBeGreaterThan(10);
    expect(unknownIn(rules)).toEqual([]);
  });

  it('each say how bad it is, what happened and where to look', () => {
    const alerts = rules.split(/^ {6}- alert: /m).slice(1);
    expect(alerts.length).toBeGreaterThan(10);
    for (const alert of alerts) {
      expect(alert).toMatch(/severity: (critical|warning|info)\n/);
      expect(alert).toMatch(/summary: "/);
      expect(alert).toMatch(/description: /);
    }
  });
});

it('notices a metric that no node exposes', () => {
  expect(unknownIn('rate(blockchain_gossip_lost[1m]) + blockchain_finality_seconds_bucket')).toEqual([
    'blockchain_gossip_lost',
  ]);
  expect(unknownIn('blockchain_finality_seconds')).toEqual(['blockchain_finality_seconds']);
});

/** Shown as the choice of nodes, or the same figure as another. */
const NOT_SHOWN: readonly string[] = [
  'blockchain_build_info',
  'blockchain_head_timestamp_seconds',
  'blockchain_consensus_rounds_total',
  'blockchain_consensus_validators',
];
