/** @module What a node counts and writes down of itself, as values between Worker and NodeObject. */
import type { HistogramValue } from './objects.ts';

export interface CounterDelta {
  readonly name: string;
  /** Sorted `key=value` labels, as they stand in the exposition: `route="get_head",status_class="2xx"`. */
  readonly labels: string;
  readonly value: number;
}
export interface HistogramDelta {
  readonly name: string;
  readonly labels: string;
  readonly value: HistogramValue;
}
export interface AuditEntry {
  readonly time_ms: number;
  readonly action: string;
  readonly actor: string;
  readonly resource: string;
  readonly success: boolean;
  readonly detail: string;
}
