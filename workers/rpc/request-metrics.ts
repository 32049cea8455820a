/**
 * @module Counts requests in the isolate and hands the deltas to the NodeObject at most once per interval. An isolate
 * that ends before its next request takes one interval with it; HELP says so.
 */
import type { CounterDelta, HistogramDelta } from '../../shared/api/node-records.ts';
import { formatLabels } from '../../shared/observability/exposition.ts';

/** Shortest time between two flushes of one isolate. */
export const FLUSH_INTERVAL_MS = 10_000;
/** Upper bounds in seconds. */
const DURATION_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
/** Label of a request that no route took. */
export const UNKNOWN_ROUTE = 'unknown';

const PER_ISOLATE = 'Flushed every 10 s; an isolate that ends may take its last interval with it.';
/** The request metrics. */
export const REQUEST_METRICS = [
  {
    name: 'blockchain_rpc_requests_total',
    help: `HTTP requests and JSON-RPC calls by route. ${PER_ISOLATE}`,
    type: 'counter',
  },
  {
    name: 'blockchain_rpc_request_duration_seconds',
    help: `Time from request to answer by route; clocks stand still while a Worker computes. ${PER_ISOLATE}`,
    type: 'histogram',
  },
] as const;

interface Duration {
  readonly counts: number[];
  sum: number;
  count: number;
}

const requests = new Map<string, number>();
const durations = new Map<string, Duration>();
let lastFlushMs = 0;

/** Counts one request. `route` is the name of a route, never a path. */
export function countRequest(route: string, method: string, status: number, seconds: number): void {
  const labels = formatLabels({ route, method, status_class: `${Math.floor(status / 100)}xx` });
  requests.set(labels, (requests.get(labels) ?? 0) + 1);
  const byRoute = formatLabels({ route });
  const duration = durations.get(byRoute) ?? { counts: DURATION_BOUNDS.map(() => 0), sum: 0, count: 0 };
  for (const [index, bound] of DURATION_BOUNDS.entries()) {
    if (seconds <= bound) duration.counts[index] = (duration.counts[index] ?? 0) + 1;
  }
  duration.sum += seconds;
  duration.count += 1;
  durations.set(byRoute, duration);
}

/** True at most once per interval, when there is something to hand over. */
export function isFlushDue(nowMs: number): boolean {
  if (requests.size === 0 || nowMs - lastFlushMs < FLUSH_INTERVAL_MS) return false;
  lastFlushMs = nowMs;
  return true;
}

/** What was counted since the last call, or null for nothing. */
export function takeDeltas(): { counters: CounterDelta[]; histograms: HistogramDelta[] } | null {
  if (requests.size === 0) return null;
  const [requestMetric, durationMetric] = REQUEST_METRICS;
  const counters = [...requests].map(([labels, value]) => ({ name: requestMetric.name, labels, value }));
  const histograms = [...durations].map(([labels, value]) => ({
    name: durationMetric.name,
    labels,
    value: { bounds: DURATION_BOUNDS, ...value },
  }));
  requests.clear();
  durations.clear();
  return { counters, histograms };
}
