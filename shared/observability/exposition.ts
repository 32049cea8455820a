/**
 * @module Prometheus text, format 0.0.4. Samples live in storage and outlive any process, so a client library that
 * keeps them in memory does not serve here; this writes names, help, types, labels and histograms, and nothing else.
 */

/** Media type of the text. */
export const EXPOSITION_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Labels of a sample by name; or ready text `a="b",c="d"` as it is stored. */
export type Labels = Readonly<Record<string, string>> | string;

/** A family of samples of one name. */
export type MetricFamily =
  | {
      readonly name: string;
      readonly help: string;
      readonly type: 'counter' | 'gauge';
      readonly samples: readonly { readonly labels: Labels; readonly value: number }[];
    }
  | {
      readonly name: string;
      readonly help: string;
      readonly type: 'histogram';
      readonly samples: readonly { readonly labels: Labels; readonly value: HistogramSample }[];
    };

/** Cumulative counts, one per bound. */
export interface HistogramSample {
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Labels as they stand between the braces, names in order. */
export function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.keys(labels)
    .sort()
    .map((name) => `${name}="${escapeLabel(labels[name] ?? '')}"`)
    .join(',');
}

/** The whole text. A family without samples is left out: it has nothing to say yet. */
export function formatMetrics(families: readonly MetricFamily[]): string {
  return families
    .filter((family) => family.samples.length > 0)
    .map(formatFamily)
    .join('');
}

function formatFamily(family: MetricFamily): string {
  const head = `# HELP ${family.name} ${escapeHelp(family.help)}\n# TYPE ${family.name} ${family.type}\n`;
  if (family.type !== 'histogram') {
    return head + family.samples.map(({ labels, value }) => sampleLine(family.name, labels, value)).join('');
  }
  return (
    head + family.samples.map(({ labels, value }) => histogramLines(family.name, labels, value)).join('')
  );
}

function histogramLines(
  name: string,
  labels: Labels,
  { bounds, counts, sum, count }: HistogramSample,
): string {
  const own = labelText(labels);
  const withBound = (bound: string) => (own === '' ? `le="${bound}"` : `${own},le="${bound}"`);
  const buckets = bounds.map((bound, index) =>
    sampleLine(`${name}_bucket`, withBound(formatNumber(bound)), counts[index] ?? 0),
  );
  return [
    ...buckets,
    sampleLine(`${name}_bucket`, withBound('+Inf'), count),
    sampleLine(`${name}_sum`, own, sum),
    sampleLine(`${name}_count`, own, count),
  ].join('');
}

function sampleLine(name: string, labels: Labels, value: number): string {
  const text = labelText(labels);
  return `${name}${text === '' ? '' : `{${text}}`} ${formatNumber(value)}\n`;
}

function labelText(labels: Labels): string {
  return typeof labels === 'string' ? labels : formatLabels(labels);
}

function formatNumber(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(value);
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
