/**
 * @module What is known of one validator: namespace 'validator', key = 32 bytes of the consensus key. Under 8-byte
 * numbers stand the keys in the order of their registration.
 */
import {
  addressCodec,
  amount,
  bytesUpTo,
  type Codec,
  consensusKeyCodec,
  mapped,
  nullable,
  text,
  tuple,
  uint,
} from '../codec/codec.ts';
import { assert } from '../primitives/assert.ts';
import type { Address, ConsensusKey } from '../primitives/brand.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import { VALIDATOR_NAME_BYTES_MAX } from '../primitives/limits.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { COMMISSION_BPS_MAX, ENDPOINT_BYTES_MAX } from '../transaction/limits.ts';
import { Queue } from './queue.ts';
import { recordKind, type StateStore } from './state-store.ts';

/** Namespace of the records. */
export const VALIDATOR_NAMESPACE = 'validator';

/** An offence that ended a validator for good. */
export interface Tombstone {
  /** Height at which it signed twice. */
  readonly infractionHeight: number;
  /** Height of the block with the evidence. */
  readonly height: number;
  /** Part of the stake that was burned, also of what was unbonding since the offence. */
  readonly slashBps: number;
}

export interface ValidatorRecord {
  readonly operator: Address;
  readonly name: string;
  readonly endpoint: string;
  /** Part of the rewards that the operator keeps before they are shared. */
  readonly commissionBps: number;
  /** Native units bonded to it. */
  readonly stake: bigint;
  /** Claims to the stake; one per unit until a slash makes units fewer. */
  readonly shares: bigint;
  /** Rewards of one share since the beginning, in units of 1 / REWARD_SCALE. */
  readonly rewardPerShare: bigint;
  /** Rewards of its stakers that were not paid out yet, native units. */
  readonly unpaidRewards: bigint;
  /** Null while not jailed. */
  readonly jailedUntilMs: number | null;
  readonly tombstone: Tombstone | null;
}

/** Bytes of an integer beyond amounts: rewards per share stay far below 2^256. */
const WIDE_BYTES_MAX = 32;

/** An integer from 0 to 2^256 - 1 as its shortest big-endian bytes. */
export const wideUintCodec: Codec<bigint> = mapped(
  bytesUpTo(WIDE_BYTES_MAX),
  (bytes) => bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
  (value: bigint) => {
    const bytes: number[] = [];
    for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
    return Uint8Array.from(bytes);
  },
);

const tombstoneCodec: Codec<Tombstone> = tuple({
  infractionHeight: uint(),
  height: uint(),
  slashBps: uint(),
});

const recordCodec: Codec<ValidatorRecord> = tuple({
  operator: addressCodec,
  name: text({ max: VALIDATOR_NAME_BYTES_MAX }),
  endpoint: text({ max: ENDPOINT_BYTES_MAX }),
  commissionBps: uint(COMMISSION_BPS_MAX),
  stake: amount(),
  shares: amount(),
  rewardPerShare: wideUintCodec,
  unpaidRewards: amount(),
  jailedUntilMs: nullable(uint()),
  tombstone: nullable(tombstoneCodec),
});

const records = recordKind(VALIDATOR_NAMESPACE, recordCodec);
/** Every validator that was ever registered, in that order. */
export const validatorKeys: Queue<ConsensusKey> = new Queue(VALIDATOR_NAMESPACE, consensusKeyCodec);

/** The record of a validator, or null for a key that was never registered. */
export function readValidator(reader: StateReader, key: ConsensusKey): ValidatorRecord | null {
  return records.read(reader, consensusKeyToBytes(key));
}

/** The record of a validator that is known to exist. */
export function validatorOf(reader: StateReader, key: ConsensusKey): ValidatorRecord {
  const record = readValidator(reader, key);
  assert(record !== null, 'whoever has a claim is registered');
  return record;
}

/** Writes the record of a validator that exists. */
export function writeValidator(store: StateStore, key: ConsensusKey, record: ValidatorRecord): void {
  records.write(store, consensusKeyToBytes(key), record);
}

/** Adds a validator without stake. */
export function addValidator(
  store: StateStore,
  key: ConsensusKey,
  profile: Pick<ValidatorRecord, 'operator' | 'name' | 'endpoint' | 'commissionBps'>,
): void {
  validatorKeys.push(store, key);
  writeValidator(store, key, {
    ...profile,
    stake: 0n,
    shares: 0n,
    rewardPerShare: 0n,
    unpaidRewards: 0n,
    jailedUntilMs: null,
    tombstone: null,
  });
}
