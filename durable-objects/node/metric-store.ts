/** @module Request counters and histograms of the whole node. They survive eviction, restart and deploys. */
import type { CounterDelta, HistogramDelta } from '../../shared/api/node-records.ts';
import type { HistogramValue } from '../../shared/api/objects.ts';

export const CREATE_METRIC_TABLES = `
CREATE TABLE IF NOT EXISTS counters (
  name TEXT NOT NULL, labels TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (name, labels)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS histograms (
  name TEXT NOT NULL, labels TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (name, labels)
) STRICT, WITHOUT ROWID;
`;

/** Series beyond this many are refused: labels come from a bounded set, so more is a bug. */
export const METRIC_SERIES_MAX = 5_000;

export class MetricStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  add(counters: readonly CounterDelta[], histograms: readonly HistogramDelta[]): void {
    for (const { name, labels, value } of counters) {
      if (!this.#roomFor('counters', name, labels)) continue;
      this.#sql.exec(
        'INSERT INTO counters VALUES (?, ?, ?) ON CONFLICT (name, labels) DO UPDATE SET value = value + excluded.value',
        name,
        labels,
        value,
      );
    }
    for (const { name, labels, value } of histograms) {
      if (!this.#roomFor('histograms', name, labels)) continue;
      const merged = mergeHistograms(this.#histogram(name, labels), value);
      this.#sql.exec(
        'INSERT OR REPLACE INTO histograms VALUES (?, ?, ?)',
        name,
        labels,
        JSON.stringify(merged),
      );
    }
  }

  counters(): CounterDelta[] {
    return this.#sql
      .exec<{ name: string; labels: string; value: number }>('SELECT * FROM counters ORDER BY name, labels')
      .toArray();
  }

  histograms(): HistogramDelta[] {
    return this.#sql
      .exec<{ name: string; labels: string; value: string }>('SELECT * FROM histograms ORDER BY name, labels')
      .toArray()
      .map((row) => ({ ...row, value: JSON.parse(row.value) as HistogramValue }));
  }

  #histogram(name: string, labels: string): HistogramValue | null {
    const [row] = this.#sql
      .exec<{ value: string }>('SELECT value FROM histograms WHERE name = ? AND labels = ?', name, labels)
      .toArray();
    return row === undefined ? null : (JSON.parse(row.value) as HistogramValue);
  }

  #roomFor(table: 'counters' | 'histograms', name: string, labels: string): boolean {
    const known = this.#sql
      .exec(`SELECT 1 FROM ${table} WHERE name = ? AND labels = ?`, name, labels)
      .toArray();
    if (known.length > 0) return true;
    const { total } = this.#sql.exec<{ total: number }>(`SELECT count(*) AS total FROM ${table}`).one();
    return total < METRIC_SERIES_MAX;
  }
}

/** Adds two histograms of the same bounds; other bounds (after an upgrade) start anew. */
export function mergeHistograms(stored: HistogramValue | null, delta: HistogramValue): HistogramValue {
  if (stored === null || stored.bounds.join() !== delta.bounds.join()) return delta;
  return {
    bounds: stored.bounds,
    counts: stored.counts.map((count, index) => count + (delta.counts[index] ?? 0)),
    sum: stored.sum + delta.sum,
    count: stored.count + delta.count,
  };
}
