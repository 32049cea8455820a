/**
 * @module Who signed how much of late: namespace 'liveness'. Under each height whose commit lacked someone stand the keys
 * that were missing; under each key, since when it is counted and how many it missed within the window. A chain whose
 * validators all sign writes nothing here.
 */
import { type Codec, consensusKeyCodec, list, tuple, uint } from '../codec/codec.ts';
import type { ConsensusKey } from '../primitives/brand.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import { VALIDATORS_MAX } from '../primitives/limits.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { numberKey, recordKind, type StateStore } from './state-store.ts';

/** Namespace of the records. */
export const LIVENESS_NAMESPACE = 'liveness';

/** The count of one validator. */
export interface Liveness {
  /** First height that counts: when it last entered the set. */
  readonly sinceHeight: number;
  /** Commits without its signature among the last `signed_window_blocks`. */
  readonly missed: number;
}

/** Validators of genesis count from the first height on and have no record before they miss one. */
const FROM_GENESIS: Liveness = { sinceHeight: 1, missed: 0 };
const livenessCodec: Codec<Liveness> = tuple({ sinceHeight: uint(), missed: uint() });
const counts = recordKind(LIVENESS_NAMESPACE, livenessCodec);
const absences = recordKind(LIVENESS_NAMESPACE, list(consensusKeyCodec, VALIDATORS_MAX));

/** The count of a validator. */
export function readLiveness(reader: StateReader, key: ConsensusKey): Liveness {
  return counts.read(reader, consensusKeyToBytes(key)) ?? FROM_GENESIS;
}

/** Starts the count of a validator that enters the set at this height. */
export function startLiveness(store: StateStore, key: ConsensusKey, sinceHeight: number): void {
  counts.write(store, consensusKeyToBytes(key), { sinceHeight, missed: 0 });
}

/** Counts those who did not sign `height`, and forgets what the window leaves behind. */
export function recordAbsences(
  store: StateStore,
  height: number,
  window: number,
  missing: readonly ConsensusKey[],
): void {
  if (missing.length > 0) absences.write(store, numberKey(height), missing);
  for (const key of missing) addMissed(store, key, 1);
  const left = height - window;
  const past = left < 1 ? null : absences.read(store, numberKey(left));
  if (past === null) return;
  absences.write(store, numberKey(left), null);
  for (const key of past) if (readLiveness(store, key).sinceHeight <= left) addMissed(store, key, -1);
}

function addMissed(store: StateStore, key: ConsensusKey, change: number): void {
  const { sinceHeight, missed } = readLiveness(store, key);
  counts.write(store, consensusKeyToBytes(key), { sinceHeight, missed: missed + change });
}

/**
 * True if the validator signed less than a twentieth and less than half its share of the power, over a full window that
 * ends with `height`. Only whole windows count, so nobody is judged by its first blocks.
 */
export function isAbsentee(
  liveness: Liveness,
  at: { height: number; window: number; power: number; total: number },
): boolean {
  const { height, window, power, total } = at;
  if (height - liveness.sinceHeight + 1 < window) return false;
  const signed = window - liveness.missed;
  return 20 * signed < window && BigInt(2 * signed) * BigInt(total) < BigInt(window) * BigInt(power);
}
