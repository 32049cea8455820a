/**
 * @module Evidence on the chain: namespace 'evidence', a queue of what was recorded, and under CBOR([step, height, round,
 * key]) and under the key of the validator the number of the item. Items stay until nothing as old could be brought again.
 */
import { amount, type Codec, choice, consensusKeyCodec, encode, tuple, uint } from '../codec/codec.ts';
import type { ConsensusKey } from '../primitives/brand.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import { ROUND_MAX } from '../primitives/limits.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { type Evidence, SIGNED_STEPS, type SignedStep } from '../votes/evidence.ts';
import { Queue } from './queue.ts';
import { recordKind, type StateStore } from './state-store.ts';

/** Namespace of the records. */
export const EVIDENCE_NAMESPACE = 'evidence';

/** `punished`: slashed and tombstoned by this item. `recorded`: nothing changed, as there was nobody left to punish. */
export const EVIDENCE_OUTCOMES = { recorded: 0, punished: 1 } as const;
export type EvidenceOutcome = keyof typeof EVIDENCE_OUTCOMES;

/** One offence that stands on the chain. */
export interface EvidenceRecord {
  readonly step: SignedStep;
  readonly height: number;
  readonly round: number;
  readonly validator: ConsensusKey;
  /** Block with the evidence. */
  readonly includedHeight: number;
  /** Time of that block. */
  readonly includedMs: number;
  readonly outcome: EvidenceOutcome;
  /** Bonded units burned at once; what was unbonding pays when it is due. */
  readonly burned: bigint;
}

const recordCodec: Codec<EvidenceRecord> = tuple({
  step: choice(SIGNED_STEPS),
  height: uint(),
  round: uint(ROUND_MAX),
  validator: consensusKeyCodec,
  includedHeight: uint(),
  includedMs: uint(),
  outcome: choice(EVIDENCE_OUTCOMES),
  burned: amount(),
});
const positionCodec = tuple({
  step: choice(SIGNED_STEPS),
  height: uint(),
  round: uint(ROUND_MAX),
  validator: consensusKeyCodec,
});
const items = new Queue(EVIDENCE_NAMESPACE, recordCodec);
const numbers = recordKind(EVIDENCE_NAMESPACE, uint());

type Position = Pick<Evidence, 'step' | 'height' | 'round' | 'validator'>;

/** True if this offence stands on the chain. */
export function isEvidenceKnown(reader: StateReader, position: Position): boolean {
  return numbers.read(reader, encode(positionCodec, position)) !== null;
}

/** True if any offence of the validator stands on the chain. */
export function isOffender(reader: StateReader, key: ConsensusKey): boolean {
  return numbers.read(reader, consensusKeyToBytes(key)) !== null;
}

/** Records an offence. */
export function recordEvidence(store: StateStore, record: EvidenceRecord): void {
  const number = items.push(store, record);
  numbers.write(store, encode(positionCodec, record), number);
  numbers.write(store, consensusKeyToBytes(record.validator), number);
}

/** True if the oldest item came in before `sinceMs`: its offence is older and would be refused now. */
export function isOldestEvidenceDue(reader: StateReader, sinceMs: number): boolean {
  const oldest = items.oldest(reader);
  return oldest !== null && oldest.includedMs < sinceMs;
}

/** Forgets the oldest item. */
export function dropOldestEvidence(store: StateStore): void {
  const { first } = items.bounds(store);
  const oldest = items.at(store, first);
  numbers.write(store, encode(positionCodec, oldest), null);
  const key = consensusKeyToBytes(oldest.validator);
  if (numbers.read(store, key) === first) numbers.write(store, key, null);
  items.shift(store);
}

/** The newest `limit` items, newest first. */
export function evidenceList(reader: StateReader, limit: number): EvidenceRecord[] {
  const { first, next } = items.bounds(reader);
  const list: EvidenceRecord[] = [];
  for (let number = next - 1; number >= first && list.length < limit; number--) {
    list.push(items.at(reader, number));
  }
  return list;
}
