/** @module Receipt bytes: CBOR([tx_hash, status, fee, events]), event = [name, values]. The leaves of the receipt tree. */
import {
  amount,
  bytesUpTo,
  type Codec,
  decode,
  encode,
  hashCodec,
  list,
  text,
  tuple,
  uint,
} from '../codec/codec.ts';
import { BLOCK_TRANSACTIONS_MAX, RECEIPT_EVENTS_MAX, RECEIPTS_BYTES_MAX } from '../primitives/limits.ts';
import { EVENT_VALUE_BYTES_MAX, EVENT_VALUES_MAX, TYPE_NAME_BYTES_MAX } from './limits.ts';
import type { Receipt, ReceiptEvent } from './receipt.ts';

type EventValue = ReceiptEvent['values'][number];

const textValue = text({ max: EVENT_VALUE_BYTES_MAX });
const bytesValue = bytesUpTo(EVENT_VALUE_BYTES_MAX);
const integerValue = amount();

/** Integers come back as bigint whatever their size, so that a decoded receipt equals the one that was made. */
const eventValueCodec: Codec<EventValue> = {
  toCbor(value) {
    if (typeof value === 'string') return textValue.toCbor(value);
    if (value instanceof Uint8Array) return bytesValue.toCbor(value);
    return integerValue.toCbor(BigInt(value));
  },
  fromCbor(value, path) {
    if (typeof value === 'string') return textValue.fromCbor(value, path);
    if (value instanceof Uint8Array) return bytesValue.fromCbor(value, path);
    return integerValue.fromCbor(value, path);
  },
};

const eventCodec: Codec<ReceiptEvent> = tuple({
  name: text({ max: TYPE_NAME_BYTES_MAX }),
  values: list(eventValueCodec, EVENT_VALUES_MAX),
});

/** CBOR([tx_hash, status, fee, events]). */
export const receiptCodec: Codec<Receipt> = tuple({
  txHash: hashCodec,
  status: uint(65_535),
  fee: amount(),
  events: list(eventCodec, RECEIPT_EVENTS_MAX),
});

const receiptsCodec = list(receiptCodec, BLOCK_TRANSACTIONS_MAX);

/** One receipt: a leaf of the receipt tree. */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  return encode(receiptCodec, receipt);
}

/** The receipts of a block in transaction order, as stored beside it. */
export function encodeReceipts(receipts: readonly Receipt[]): Uint8Array {
  return encode(receiptsCodec, receipts);
}

/** Reads {@link encodeReceipts}. Throws CodecError. */
export function decodeReceipts(bytes: Uint8Array): readonly Receipt[] {
  return decode(receiptsCodec, bytes, RECEIPTS_BYTES_MAX);
}
