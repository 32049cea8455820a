/** @module Types 9 to 13: transfers between chains, light clients, anchors. Encoded and named; not executed yet. */
import { addressCodec, amount, bytesUpTo, hashCodec, text, tuple, uint } from '../../codec/codec.ts';
import { CERTIFICATE_BYTES_MAX, STATE_PROOF_BYTES_MAX } from '../../primitives/limits.ts';
import {
  ASSET_BYTES_MAX,
  CLIENT_VALIDATORS_BYTES_MAX,
  HEADER_BYTES_MAX,
  TRANSFER_RECORD_BYTES_MAX,
} from '../limits.ts';
import { inactiveType } from './inactive.ts';

const header = bytesUpTo(HEADER_BYTES_MAX);
const certificate = bytesUpTo(CERTIFICATE_BYTES_MAX);
const proof = bytesUpTo(STATE_PROOF_BYTES_MAX);

/** CBOR([target_genesis, recipient, asset, amount, deadline_ms, relay_fee]): escrows units for another chain. */
export const transferLock = inactiveType(
  9,
  'transfer_lock',
  tuple({
    targetGenesis: hashCodec,
    recipient: addressCodec,
    asset: text({ max: ASSET_BYTES_MAX }),
    amount: amount(),
    /** On the block time of the target chain, milliseconds since 1970. */
    deadlineMs: uint(),
    relayFee: amount(),
  }),
  ({ recipient }) => [recipient],
);
/** CBOR([source_genesis, height, id, record, proof]): the lock's record, proved under an accepted header. */
export const transferClaim = inactiveType(
  10,
  'transfer_claim',
  tuple({
    sourceGenesis: hashCodec,
    height: uint(),
    id: hashCodec,
    record: bytesUpTo(TRANSFER_RECORD_BYTES_MAX),
    proof,
  }),
);
/** CBOR([id, height, proof]): no claim stands under a header of the target chain at or after the deadline. */
export const transferRefund = inactiveType(
  11,
  'transfer_refund',
  tuple({ id: hashCodec, height: uint(), proof }),
);
/** CBOR([genesis, header, certificate, next_validators]): moves the client of a chain to a certified header. */
export const clientUpdate = inactiveType(
  12,
  'client_update',
  tuple({ genesis: hashCodec, header, certificate, nextValidators: bytesUpTo(CLIENT_VALIDATORS_BYTES_MAX) }),
);
/** CBOR([genesis, header, certificate]): records the head of another chain. */
export const anchor = inactiveType(13, 'anchor', tuple({ genesis: hashCodec, header, certificate }));
