/** @module Type 1, message: bytes for an address, final and in order, without moving units. */
import { addressCodec, bytesUpTo, type Codec, text, tuple } from '../../codec/codec.ts';
import { addressToBytes } from '../../primitives/address.ts';
import type { Address } from '../../primitives/brand.ts';
import { MESSAGE_BODY_BYTES_MAX } from '../../primitives/limits.ts';
import { defineTransaction, type TransactionType } from '../define-transaction.ts';
import { CONTENT_TYPE_BYTES_MAX } from '../limits.ts';

/** A media type without parameters (RFC 6838 names), lower case. */
export const CONTENT_TYPE_PATTERN = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;

/** A message and how to read it. */
export interface MessagePayload {
  readonly recipient: Address;
  /** Media type, such as `text/plain`. */
  readonly contentType: string;
  readonly body: Uint8Array;
}

/** CBOR([recipient, content_type, body]). */
export const messagePayloadCodec: Codec<MessagePayload> = tuple({
  recipient: addressCodec,
  contentType: text({ max: CONTENT_TYPE_BYTES_MAX, pattern: CONTENT_TYPE_PATTERN }),
  body: bytesUpTo(MESSAGE_BODY_BYTES_MAX),
});

/** The body stays in the transaction; the event says who wrote to whom. No account is opened. */
export const message: TransactionType<MessagePayload> = defineTransaction({
  type: 1,
  name: 'message',
  payload: messagePayloadCodec,
  events: { message: ['sender', 'recipient', 'content_type', 'body_bytes'] },
  check() {},
  apply(context, { payload: { recipient, contentType, body } }) {
    const parties = [addressToBytes(context.sender), addressToBytes(recipient)];
    context.emit('message', [...parties, contentType, body.length]);
  },
  addresses: ({ recipient }) => [recipient],
});
