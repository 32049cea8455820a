/** @module Type 0, transfer: moves native units to another account. */
import { addressCodec, amount, type Codec, text, tuple } from '../../codec/codec.ts';
import { addressToBytes } from '../../primitives/address.ts';
import type { Address } from '../../primitives/brand.ts';
import { defineTransaction, type TransactionType } from '../define-transaction.ts';
import { TransactionError } from '../errors.ts';
import { ASSET_BYTES_MAX } from '../limits.ts';
import { TransactionFailure } from '../receipt-status.ts';

/** The asset that fees are paid in. Foreign assets carry the trace of chains they came through. */
export const NATIVE_ASSET = '';

/** Who gets how much of what. */
export interface TransferPayload {
  readonly recipient: Address;
  /** {@link NATIVE_ASSET}, or the trace of a foreign asset. */
  readonly asset: string;
  /** Units of the asset, at least 1. */
  readonly amount: bigint;
}

/** CBOR([recipient, asset, amount]). */
export const transferPayloadCodec: Codec<TransferPayload> = tuple({
  recipient: addressCodec,
  asset: text({ max: ASSET_BYTES_MAX }),
  amount: amount(),
});

/** Moves units; a transfer to oneself is valid and moves nothing. Opening an account costs `new_account_fee`. */
export const transfer: TransactionType<TransferPayload> = defineTransaction({
  type: 0,
  name: 'transfer',
  payload: transferPayloadCodec,
  events: { transfer: ['sender', 'recipient', 'asset', 'amount'] },
  check({ payload }) {
    if (payload.amount === 0n)
      throw new TransactionError('TX_PAYLOAD_INVALID', 'a transfer moves at least 1 unit');
  },
  apply(context, { payload: { recipient, asset, amount: units } }) {
    if (asset !== NATIVE_ASSET) throw new TransactionFailure('ASSET_UNKNOWN');
    context.debit(context.sender, units);
    context.credit(recipient, units);
    context.emit('transfer', [addressToBytes(context.sender), addressToBytes(recipient), asset, units]);
  },
  addresses: ({ recipient }) => [recipient],
  spends: ({ asset, amount: units }) => (asset === NATIVE_ASSET ? units : 0n),
});
