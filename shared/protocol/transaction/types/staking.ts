/** @module Types 2 to 5, 7 and 8: stake and the life of a validator. */
import {
  amount,
  bytes,
  type Codec,
  consensusKeyCodec,
  nullable,
  text,
  tuple,
  uint,
} from '../../codec/codec.ts';
import type { ConsensusKey } from '../../primitives/brand.ts';
import { consensusKeyToBytes } from '../../primitives/consensus-key.ts';
import { VALIDATOR_NAME_BYTES_MAX } from '../../primitives/limits.ts';
import { defineTransaction, type TransactionType } from '../define-transaction.ts';
import { TransactionError } from '../errors.ts';
import { COMMISSION_BPS_MAX, ENDPOINT_BYTES_MAX } from '../limits.ts';
import type { TransactionContext } from '../transaction-context.ts';
import type { Registration, ValidatorChanges } from '../validator-actions.ts';

/** How much at which validator. */
export interface StakePayload {
  readonly consensusKey: ConsensusKey;
  /** Native units, at least 1. */
  readonly amount: bigint;
}

/** Which validator. */
export interface ValidatorPayload {
  readonly consensusKey: ConsensusKey;
}

const name = text({ max: VALIDATOR_NAME_BYTES_MAX });
const endpoint = text({ max: ENDPOINT_BYTES_MAX });
/** Basis points: 10,000 are the whole. */
const commissionBps = uint(COMMISSION_BPS_MAX);
const stakeCodec: Codec<StakePayload> = tuple({ consensusKey: consensusKeyCodec, amount: amount() });
const keyOnlyCodec: Codec<ValidatorPayload> = tuple({ consensusKey: consensusKeyCodec });

/** Rewards that were paid along the way. */
const REWARD_EVENT = { reward: ['validator', 'amount'] } as const;

function checkAmount({ payload }: { readonly payload: StakePayload }): void {
  if (payload.amount === 0n) {
    throw new TransactionError('TX_PAYLOAD_INVALID', 'a stake moves at least 1 unit');
  }
}

function emitReward(context: TransactionContext, key: Uint8Array, rewards: bigint): void {
  if (rewards > 0n) context.emit('reward', [key, rewards]);
}

/** CBOR([validator, amount]): bonds native units of the sender to a validator, its own or another's. */
export const stake: TransactionType<StakePayload> = defineTransaction({
  type: 2,
  name: 'stake',
  payload: stakeCodec,
  events: { staked: ['validator', 'amount'], ...REWARD_EVENT },
  check: checkAmount,
  apply(context, { payload: { consensusKey, amount: units } }) {
    const rewards = context.validators.stake(consensusKey, units);
    const key = consensusKeyToBytes(consensusKey);
    context.emit('staked', [key, units]);
    emitReward(context, key, rewards);
  },
  addresses: () => [],
  spends: ({ amount: units }) => units,
});

/** CBOR([validator, amount]): starts unbonding. The units come back by themselves at `due_ms`, in block time. */
export const unstake: TransactionType<StakePayload> = defineTransaction({
  type: 3,
  name: 'unstake',
  payload: stakeCodec,
  events: { unstaked: ['validator', 'amount', 'due_ms'], ...REWARD_EVENT },
  check: checkAmount,
  apply(context, { payload: { consensusKey, amount: units } }) {
    const { rewards, dueMs } = context.validators.unstake(consensusKey, units);
    const key = consensusKeyToBytes(consensusKey);
    context.emit('unstaked', [key, units, dueMs]);
    emitReward(context, key, rewards);
  },
  addresses: () => [],
});

/** CBOR([consensus_key, name, endpoint, commission_bps, pop]): pop proves possession of the consensus key. */
export const validatorRegister: TransactionType<Registration> = defineTransaction({
  type: 4,
  name: 'validator_register',
  payload: tuple({ consensusKey: consensusKeyCodec, name, endpoint, commissionBps, pop: bytes(64) }),
  events: { validator_registered: ['validator', 'name'] },
  check() {},
  apply(context, { payload }) {
    context.validators.register(payload);
    context.emit('validator_registered', [consensusKeyToBytes(payload.consensusKey), payload.name]);
  },
  addresses: () => [],
});

/** CBOR([consensus_key, name | null, endpoint | null, commission_bps | null]): null leaves a field as it is. */
export const validatorUpdate: TransactionType<ValidatorChanges> = defineTransaction({
  type: 5,
  name: 'validator_update',
  payload: tuple({
    consensusKey: consensusKeyCodec,
    name: nullable(name),
    endpoint: nullable(endpoint),
    commissionBps: nullable(commissionBps),
  }),
  events: { validator_updated: ['validator'] },
  check() {},
  apply(context, { payload }) {
    context.validators.update(payload);
    context.emit('validator_updated', [consensusKeyToBytes(payload.consensusKey)]);
  },
  addresses: () => [],
});

/** CBOR([consensus_key]): returns a jailed validator. */
export const unjail: TransactionType<ValidatorPayload> = defineTransaction({
  type: 7,
  name: 'unjail',
  payload: keyOnlyCodec,
  events: { unjailed: ['validator'] },
  check() {},
  apply(context, { payload: { consensusKey } }) {
    context.validators.unjail(consensusKey);
    context.emit('unjailed', [consensusKeyToBytes(consensusKey)]);
  },
  addresses: () => [],
});

/** CBOR([consensus_key]): pays out what the sender has earned with a validator. */
export const withdraw: TransactionType<ValidatorPayload> = defineTransaction({
  type: 8,
  name: 'withdraw',
  payload: keyOnlyCodec,
  events: REWARD_EVENT,
  check() {},
  apply(context, { payload: { consensusKey } }) {
    const rewards = context.validators.withdraw(consensusKey);
    emitReward(context, consensusKeyToBytes(consensusKey), rewards);
  },
  addresses: () => [],
});
