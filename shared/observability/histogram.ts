/** @module Cumulative histograms as plain values, so that they can be stored, merged and exposed. */

export interface Histogram {
  readonly bounds: readonly number[];
  /** Observations at or below each bound. */
  readonly counts: readonly number[];
  readonly sum: number;
  readonly count: number;
}

/** Seconds from acknowledgement to finality, and of requests. */
export const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;

export function emptyHistogram(bounds: readonly number[] = LATENCY_SECONDS): Histogram {
  return { bounds, counts: bounds.map(() => 0), sum: 0, count: 0 };
}

/** A new histogram with `values` added. */
export function observe(histogram: Histogram, values: readonly number[]): Histogram {
  const counts = [...histogram.counts];
  let sum = histogram.sum;
  for (const value of values) {
    sum += value;
    for (let index = histogram.bounds.length - 1; index >= 0; index -= 1) {
      if (value > (histogram.bounds[index] ?? 0)) break;
      counts[index] = (counts[index] ?? 0) + 1;
    }
  }
  return { bounds: histogram.bounds, counts, sum, count: histogram.count + values.length };
}
