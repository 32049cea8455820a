/**
 * @module Counts what happens among nodes, in memory, and hands it over in one go: a storm of messages must not become a
 * storm of rows. An object that ends takes what it has not handed over with it.
 */
import type { CounterDelta, HistogramDelta } from '../../../shared/api/node-records.ts';
import { formatLabels } from '../../../shared/observability/exposition.ts';
import { emptyHistogram, type Histogram, observe } from '../../../shared/observability/histogram.ts';

type Labels = Readonly<Record<string, string>>;

export class NetworkCounters {
  readonly #counters = new Map<string, CounterDelta>();
  readonly #histograms = new Map<
    string,
    { readonly name: string; readonly labels: string; value: Histogram }
  >();

  /** Adds one. */
  count(name: string, labels: Labels): void {
    const text = formatLabels(labels);
    const key = `${name}{${text}}`;
    this.#counters.set(key, { name, labels: text, value: (this.#counters.get(key)?.value ?? 0) + 1 });
  }

  /** Adds one observation, in seconds. */
  observe(name: string, labels: Labels, seconds: number): void {
    const text = formatLabels(labels);
    const key = `${name}{${text}}`;
    const value = this.#histograms.get(key)?.value ?? emptyHistogram();
    this.#histograms.set(key, { name, labels: text, value: observe(value, [seconds]) });
  }

  /** What was counted since the last call; null for nothing. */
  take(): { counters: CounterDelta[]; histograms: HistogramDelta[] } | null {
    if (this.#counters.size === 0 && this.#histograms.size === 0) return null;
    const taken = { counters: [...this.#counters.values()], histograms: [...this.#histograms.values()] };
    this.#counters.clear();
    this.#histograms.clear();
    return taken;
  }
}
