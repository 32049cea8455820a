/** @module Transactions, receipts and messages: canonical bytes <-> JSON. */
import { parseAmount } from '../protocol/primitives/amount.ts';
import { fromHex, toHex } from '../protocol/primitives/bytes.ts';
import type { TransactionRegistry, TransactionType } from '../protocol/transaction/define-transaction.ts';
import { decodeTransaction, encodeTransaction } from '../protocol/transaction/encode.ts';
import type { Receipt } from '../protocol/transaction/receipt.ts';
import { receiptStatusName } from '../protocol/transaction/receipt-status.ts';
import type { SignedTransaction } from '../protocol/transaction/transaction.ts';
import { type MessagePayload, message } from '../protocol/transaction/types/message.ts';
import { checkShape } from './check-shape.ts';
import { ApiError } from './problems.ts';
import {
  type BlockTransactionWire,
  type MessageWire,
  type PendingTransactionWire,
  type ReceiptWire,
  type SubmitTransactionWire,
  submitTransactionSchema,
  type TransactionContentWire,
  type TransactionWire,
} from './schemas/transaction.ts';
import { payloadFromWire, payloadToWire } from './wire-payload.ts';

/** Where a final transaction stands. */
export interface TransactionPlace {
  readonly height: number;
  readonly tx_index: number;
  readonly block_hash?: string;
  /** Block time in milliseconds. */
  readonly time_ms: number;
}

/** RFC 3339 of milliseconds. */
export function timeToWire(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

/** The type with this name or code. Throws ApiError TX_TYPE_UNKNOWN. */
export function transactionTypeOf(
  nameOrCode: string | number,
  registry: TransactionRegistry,
): TransactionType {
  const type = typeof nameOrCode === 'number' ? registry.get(nameOrCode) : registry.byName(nameOrCode);
  if (type === undefined) {
    throw new ApiError('TX_TYPE_UNKNOWN', 'no transaction type has this name or code', {
      errors: [{ pointer: '/body/type', detail: 'not a transaction type of this chain' }],
    });
  }
  return type;
}

/** What a transaction says, without its place. Lossless: {@link transactionFromWire} gives the same bytes. */
export function transactionContentToWire(
  signed: SignedTransaction,
  registry: TransactionRegistry,
): TransactionContentWire {
  const { transaction } = signed;
  const type = transactionTypeOf(transaction.type, registry);
  const payload = payloadToWire(type, transaction.payload);
  const { recipient } = payload;
  return {
    tx_hash: signed.hash,
    type: type.name,
    sender: signed.sender,
    ...(typeof recipient === 'string' ? { recipient } : {}),
    public_key: toHex(transaction.publicKey),
    nonce: transaction.nonce,
    fee: transaction.fee.toString(),
    valid_until: transaction.validUntil,
    payload,
    signature: toHex(transaction.signature),
    size_bytes: signed.bytes.length,
  };
}

/** A receipt without its transaction's hash, which stands beside it. */
export function receiptToWire(receipt: Receipt): ReceiptWire {
  return {
    status: receiptStatusName(receipt.status),
    code: receipt.status,
    fee: receipt.fee.toString(),
    events: receipt.events.map((event) => ({
      name: event.name,
      values: event.values.map((value) => (value instanceof Uint8Array ? toHex(value) : String(value))),
    })),
  };
}

/** A transaction as it stands in a block. */
export function blockTransactionToWire(
  signed: SignedTransaction,
  registry: TransactionRegistry,
  receipt: Receipt | undefined,
): BlockTransactionWire {
  const content = transactionContentToWire(signed, registry);
  return receipt === undefined ? content : { ...content, receipt: receiptToWire(receipt) };
}

/** A final transaction with its place and receipt. */
export function transactionToWire(
  bytes: Uint8Array,
  registry: TransactionRegistry,
  place: TransactionPlace,
  receipt: Receipt | undefined,
): TransactionWire {
  const { time_ms, block_hash, ...rest } = place;
  return {
    ...transactionContentToWire(decodeTransaction(bytes, registry), registry),
    status: 'final',
    ...rest,
    ...(block_hash === undefined ? {} : { block_hash }),
    timestamp: timeToWire(time_ms),
    ...(receipt === undefined ? {} : { receipt: receiptToWire(receipt) }),
  };
}

/** A pending transaction. */
export function pendingToWire(
  bytes: Uint8Array,
  registry: TransactionRegistry,
  receivedMs: number,
): PendingTransactionWire {
  const content = transactionContentToWire(decodeTransaction(bytes, registry), registry);
  return { ...content, status: 'pending', received_at: timeToWire(receivedMs) };
}

/** The message in a transaction, or null for a transaction of another type. */
export function messageToWire(signed: SignedTransaction, place: TransactionPlace): MessageWire | null {
  if (signed.transaction.type !== message.type) return null;
  const { recipient, contentType, body } = signed.transaction.payload as MessagePayload;
  return {
    tx_hash: signed.hash,
    height: place.height,
    tx_index: place.tx_index,
    sender: signed.sender,
    recipient,
    content_type: contentType,
    body: toHex(body),
    timestamp: timeToWire(place.time_ms),
  };
}

/**
 * Canonical bytes of a submitted transaction. Throws ApiError REQUEST_INVALID, TX_TYPE_UNKNOWN or TX_PAYLOAD_INVALID,
 * and the protocol's own errors for values that no encoding holds. The signature is not verified here.
 */
export function transactionFromWire(
  json: unknown,
  registry: TransactionRegistry,
  pointer = '/body',
): Uint8Array {
  const wire = checkShape(submitTransactionSchema, json, pointer);
  return encodeSubmitted(wire, registry, pointer);
}

/** As {@link transactionFromWire} for a body that its schema has passed. */
export function encodeSubmitted(
  wire: SubmitTransactionWire,
  registry: TransactionRegistry,
  pointer = '/body',
): Uint8Array {
  const type = transactionTypeOf(wire.type, registry);
  return encodeTransaction(
    {
      type: type.type,
      publicKey: fromHex(wire.public_key),
      nonce: wire.nonce,
      fee: parseAmount(wire.fee),
      validUntil: wire.valid_until,
      payload: payloadFromWire(type, wire.payload, `${pointer}/payload`),
      signature: fromHex(wire.signature),
    },
    registry,
  );
}

/** The members of a transaction on the wire that its bytes are made of. */
export function submittedOf(wire: TransactionContentWire): SubmitTransactionWire {
  const { type, public_key, nonce, fee, valid_until, payload, signature } = wire;
  return { type, public_key, nonce, fee, valid_until, payload, signature };
}
