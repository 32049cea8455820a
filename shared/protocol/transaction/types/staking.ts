/** @module Types 2 to 5, 7 and 8: stake and the life of a validator. Encoded and named; not executed by this version. */
import { amount, bytes, consensusKeyCodec, nullable, text, tuple, uint } from '../../codec/codec.ts';
import { VALIDATOR_NAME_BYTES_MAX } from '../../primitives/limits.ts';
import { COMMISSION_BPS_MAX, ENDPOINT_BYTES_MAX } from '../limits.ts';
import { inactiveType } from './inactive.ts';

const name = text({ max: VALIDATOR_NAME_BYTES_MAX });
const endpoint = text({ max: ENDPOINT_BYTES_MAX });
/** Basis points: 10,000 are the whole. */
const commissionBps = uint(COMMISSION_BPS_MAX);
const stakeCodec = tuple({ consensusKey: consensusKeyCodec, amount: amount() });
const keyOnlyCodec = tuple({ consensusKey: consensusKeyCodec });

/** CBOR([validator, amount]): bonds native units to a validator. */
export const stake = inactiveType(2, 'stake', stakeCodec);
/** CBOR([validator, amount]): starts unbonding. */
export const unstake = inactiveType(3, 'unstake', stakeCodec);
/** CBOR([consensus_key, name, endpoint, commission_bps, pop]): pop proves possession of the consensus key. */
export const validatorRegister = inactiveType(
  4,
  'validator_register',
  tuple({ consensusKey: consensusKeyCodec, name, endpoint, commissionBps, pop: bytes(64) }),
);
/** CBOR([consensus_key, name | null, endpoint | null, commission_bps | null]): null leaves a field as it is. */
export const validatorUpdate = inactiveType(
  5,
  'validator_update',
  tuple({
    consensusKey: consensusKeyCodec,
    name: nullable(name),
    endpoint: nullable(endpoint),
    commissionBps: nullable(commissionBps),
  }),
);
/** CBOR([consensus_key]): returns a jailed validator. */
export const unjail = inactiveType(7, 'unjail', keyOnlyCodec);
/** CBOR([consensus_key]): pays out matured stake and rewards. */
export const withdraw = inactiveType(8, 'withdraw', keyOnlyCodec);
