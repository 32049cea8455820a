/**
 * @module What one account has staked: namespace 'staker', key = 20 bytes of the address, value = CBOR([delegations,
 * unbonding]): shares of validators, and the numbers of its entries in the unbonding queue.
 */
import { amount, type Codec, consensusKeyCodec, list, tuple, uint } from '../codec/codec.ts';
import { addressToBytes } from '../primitives/address.ts';
import type { Address, ConsensusKey } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { DELEGATIONS_MAX, UNBONDING_ENTRIES_MAX } from './staking-limits.ts';
import { recordKind, type StateStore } from './state-store.ts';
import { wideUintCodec } from './validator-record.ts';

/** Namespace of the records. */
export const STAKER_NAMESPACE = 'staker';

/** Shares of one validator. */
export interface Delegation {
  readonly consensusKey: ConsensusKey;
  readonly shares: bigint;
  /** `rewardPerShare` of the validator up to which rewards were paid out. */
  readonly paidPerShare: bigint;
}

export interface StakerRecord {
  readonly delegations: readonly Delegation[];
  /** Numbers in the unbonding queue, ascending. */
  readonly unbonding: readonly number[];
}

const NOTHING: StakerRecord = { delegations: [], unbonding: [] };
const delegationCodec: Codec<Delegation> = tuple({
  consensusKey: consensusKeyCodec,
  shares: amount(),
  paidPerShare: wideUintCodec,
});
const stakerCodec: Codec<StakerRecord> = tuple({
  delegations: list(delegationCodec, DELEGATIONS_MAX),
  unbonding: list(uint(), UNBONDING_ENTRIES_MAX),
});
const records = recordKind(STAKER_NAMESPACE, stakerCodec);

/** The record of an account; empty where there is none. */
export function readStaker(reader: StateReader, address: Address): StakerRecord {
  return records.read(reader, addressToBytes(address)) ?? NOTHING;
}

/** Writes the record of an account, or deletes it when nothing is left. */
export function writeStaker(store: StateStore, address: Address, record: StakerRecord): void {
  const isEmpty = record.delegations.length === 0 && record.unbonding.length === 0;
  records.write(store, addressToBytes(address), isEmpty ? null : record);
}

/** The delegation of an account to one validator; no shares where there is none. */
export function delegationTo(record: StakerRecord, key: ConsensusKey): Delegation {
  const found = record.delegations.find(({ consensusKey }) => consensusKey === key);
  return found ?? { consensusKey: key, shares: 0n, paidPerShare: 0n };
}

/** The record with one delegation replaced, added, or removed where it has no shares left. */
export function withDelegation(record: StakerRecord, delegation: Delegation): StakerRecord {
  const others = record.delegations.filter(({ consensusKey }) => consensusKey !== delegation.consensusKey);
  return { ...record, delegations: delegation.shares === 0n ? others : [...others, delegation] };
}
