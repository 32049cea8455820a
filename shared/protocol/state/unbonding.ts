/**
 * @module Stake on its way back: namespace 'unbonding', a queue of [staker, key, units, height, due_ms]. An entry keeps
 * what it was worth; a slash for an offence from before is taken when it is paid out.
 */
import { addressCodec, amount, type Codec, consensusKeyCodec, tuple, uint } from '../codec/codec.ts';
import type { Address, ConsensusKey } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { Queue } from './queue.ts';
import { creditAccount } from './rewards.ts';
import { readStaker, writeStaker } from './staker.ts';
import { nameKey, recordKind, type StateStore } from './state-store.ts';
import { burn } from './supply.ts';
import { validatorOf } from './validator-record.ts';

/** Namespace of the queue. */
export const UNBONDING_NAMESPACE = 'unbonding';
const BPS = 10_000n;

export interface UnbondingEntry {
  readonly staker: Address;
  readonly consensusKey: ConsensusKey;
  /** Native units before any slash. */
  readonly units: bigint;
  /** Height of the block in which it began. */
  readonly height: number;
  /** Block time from which on it is paid out. */
  readonly dueMs: number;
}

const entryCodec: Codec<UnbondingEntry> = tuple({
  staker: addressCodec,
  consensusKey: consensusKeyCodec,
  units: amount(),
  height: uint(),
  dueMs: uint(),
});
const entries = new Queue(UNBONDING_NAMESPACE, entryCodec);
const LATEST = nameKey('latest');
const latestDue = recordKind(UNBONDING_NAMESPACE, uint());

/**
 * Adds an entry; the number that the staker keeps and when it is due. Never due before one that began earlier, also
 * after a vote has shortened the time.
 */
export function addUnbonding(
  store: StateStore,
  entry: Omit<UnbondingEntry, 'dueMs'>,
  dueMs: number,
): { number: number; dueMs: number } {
  const due = Math.max(dueMs, latestDue.read(store, LATEST) ?? 0);
  latestDue.write(store, LATEST, due);
  return { number: entries.push(store, { ...entry, dueMs: due }), dueMs: due };
}

/** The entry of a number that a staker holds. */
export function unbondingEntry(reader: StateReader, number: number): UnbondingEntry {
  return entries.at(reader, number);
}

/** What an entry pays: less the slash, if it still was bonded when its validator signed twice and left before that was known. */
export function payoutOf(reader: StateReader, entry: UnbondingEntry): bigint {
  const { tombstone } = validatorOf(reader, entry.consensusKey);
  if (tombstone === null) return entry.units;
  const isLiable = entry.height >= tombstone.infractionHeight && entry.height < tombstone.height;
  return isLiable ? entry.units - (entry.units * BigInt(tombstone.slashBps)) / BPS : entry.units;
}

/** True if an entry is due at this block time. */
export function isUnbondingDue(reader: StateReader, timeMs: number): boolean {
  const oldest = entries.oldest(reader);
  return oldest !== null && oldest.dueMs <= timeMs;
}

/** Pays the oldest entry out and burns what a slash takes of it. */
export function payOldestUnbonding(store: StateStore): void {
  const { first } = entries.bounds(store);
  const entry = entries.at(store, first);
  const payout = payoutOf(store, entry);
  creditAccount(store, entry.staker, payout);
  burn(store, entry.units - payout);
  const staker = readStaker(store, entry.staker);
  writeStaker(store, entry.staker, {
    ...staker,
    unbonding: staker.unbonding.filter((number) => number !== first),
  });
  entries.shift(store);
}

/** What the account could own at this time: its entries that are due and not paid out yet, native units. */
export function maturedUnits(reader: StateReader, address: Address, timeMs: number): bigint {
  let units = 0n;
  for (const number of readStaker(reader, address).unbonding) {
    const entry = unbondingEntry(reader, number);
    if (entry.dueMs <= timeMs) units += payoutOf(reader, entry);
  }
  return units;
}
