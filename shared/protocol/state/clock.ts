/**
 * @module What time it was at which height, roughly: namespace 'clock', key 'samples', value CBOR([[height, time_ms],
 * ...]). Evidence names a height and no time, so its age is judged by the sample at or below that height.
 */
import { list, tuple, uint } from '../codec/codec.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { CLOCK_SAMPLES_MAX, CLOCK_SAMPLES_PER_AGE } from './staking-limits.ts';
import { nameKey, recordKind, type StateStore } from './state-store.ts';

/** Namespace of the samples. */
export const CLOCK_NAMESPACE = 'clock';
const SAMPLES = nameKey('samples');
const samples = recordKind(
  CLOCK_NAMESPACE,
  list(tuple({ height: uint(), timeMs: uint() }), CLOCK_SAMPLES_MAX),
);

/** Remembers the time of this block when the last remembered one is a 64th of the evidence age back. */
export function recordTime(
  store: StateStore,
  params: Pick<ChainParams, 'evidenceAgeMs'>,
  height: number,
  timeMs: number,
): void {
  const known = samples.read(store, SAMPLES) ?? [];
  const last = known.at(-1);
  const interval = Math.ceil(params.evidenceAgeMs / CLOCK_SAMPLES_PER_AGE);
  if (last !== undefined && timeMs < last.timeMs + interval) return;
  const young = known.filter((sample) => sample.timeMs >= timeMs - params.evidenceAgeMs);
  samples.write(store, SAMPLES, [...young.slice(1 - CLOCK_SAMPLES_MAX), { height, timeMs }]);
}

/** True while the block of `height` is certainly within the evidence age; false up to a 64th of it too early. */
export function isYoungHeight(reader: StateReader, height: number, sinceMs: number): boolean {
  const known = samples.read(reader, SAMPLES) ?? [];
  const sample = known.findLast((item) => item.height <= height);
  return sample !== undefined && sample.timeMs >= sinceMs;
}
