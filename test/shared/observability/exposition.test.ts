/** @module The Prometheus text: exact form, escaping, cumulative buckets. */
import { expect, test } from 'vitest';
import { formatLabels, formatMetrics } from '../../../shared/observability/exposition.ts';

test('a family has its help, its type and one line per sample', () => {
  const text = formatMetrics([
    {
      name: 'a_total',
      help: 'A\nB\\',
      type: 'counter',
      samples: [{ labels: { b: 'x"y\\z\n', a: '1' }, value: 3 }],
    },
    { name: 'empty', help: 'Nothing.', type: 'gauge', samples: [] },
    { name: 'g', help: 'G.', type: 'gauge', samples: [{ labels: '', value: 0.5 }] },
  ]);
  expect(text).toBe(
    '# HELP a_total A\\nB\\\\\n# TYPE a_total counter\na_total{a="1",b="x\\"y\\\\z\\n"} 3\n# HELP g G.\n# TYPE g gauge\ng 0.5\n',
  );
});

test('a histogram ends with +Inf, sum and count', () => {
  const value = { bounds: [0.1, 1], counts: [1, 2], sum: 5.5, count: 3 };
  const text = formatMetrics([
    { name: 'h_seconds', help: 'H.', type: 'histogram', samples: [{ labels: 'a="1"', value }] },
  ]);
  expect(text.split('\n').slice(2)).toEqual([
    'h_seconds_bucket{a="1",le="0.1"} 1',
    'h_seconds_bucket{a="1",le="1"} 2',
    'h_seconds_bucket{a="1",le="+Inf"} 3',
    'h_seconds_sum{a="1"} 5.5',
    'h_seconds_count{a="1"} 3',
    '',
  ]);
});

test('labels stand in order of their names, whatever the order they came in', () => {
  expect(formatLabels({ b: '2', a: '1' })).toBe(formatLabels({ a: '1', b: '2' }));
});
