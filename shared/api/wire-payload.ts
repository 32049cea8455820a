/**
 * @module Payloads of transaction types as JSON and back. The built-in active types have schemas of their own, whose
 * faults carry pointers; any other type, own ones included, is converted by the values of its codec alone.
 */

import { parseAddress } from '../protocol/primitives/address.ts';
import { parseAmount } from '../protocol/primitives/amount.ts';
import { assert } from '../protocol/primitives/assert.ts';
import { fromHex, toHex, tryFromHex } from '../protocol/primitives/bytes.ts';
import type { TransactionType } from '../protocol/transaction/define-transaction.ts';
import { type MessagePayload, message } from '../protocol/transaction/types/message.ts';
import { NATIVE_ASSET, type TransferPayload, transfer } from '../protocol/transaction/types/transfer.ts';
import { checkShape } from './check-shape.ts';
import { ApiError } from './problems.ts';
import { messagePayloadSchema, transferPayloadSchema } from './schemas/transaction.ts';

/** A payload as JSON: snake_case members, bytes 0x-hex, amounts decimal strings. */
export type PayloadWire = Record<string, unknown>;

/**
 * Texts of a generic payload that could stand for something else (hex for bytes, digits for an amount). Each doubles
 * the readings to try, so their number bounds the work: 2^10 encodings of a few microseconds.
 */
export const AMBIGUOUS_TEXTS_MAX = 10;

/** The JSON form of a decoded payload. */
export function payloadToWire(type: TransactionType, payload: unknown): PayloadWire {
  if (type.type === transfer.type) {
    const { recipient, amount, asset } = payload as TransferPayload;
    return { recipient, amount: amount.toString(), ...(asset === NATIVE_ASSET ? {} : { asset }) };
  }
  if (type.type === message.type) {
    const { recipient, contentType, body } = payload as MessagePayload;
    return { recipient, content_type: contentType, body: toHex(body) };
  }
  const wire = valueToWire(payload);
  assert(isRecord(wire), 'the payload of a transaction type is an object');
  return wire;
}

/** The inverse. Throws ApiError REQUEST_INVALID with pointers below `pointer`, or TX_PAYLOAD_INVALID. */
export function payloadFromWire(
  type: TransactionType,
  wire: PayloadWire,
  pointer = '/body/payload',
): unknown {
  if (type.type === transfer.type) {
    const { recipient, amount, asset } = checkShape(transferPayloadSchema, wire, pointer);
    return { recipient: parseAddress(recipient), asset: asset ?? NATIVE_ASSET, amount: parseAmount(amount) };
  }
  if (type.type === message.type) {
    const { recipient, content_type, body } = checkShape(messagePayloadSchema, wire, pointer);
    return { recipient: parseAddress(recipient), contentType: content_type, body: fromHex(body) };
  }
  return readGeneric(type, wire);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

const toSnake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const toCamel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

function valueToWire(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(valueToWire);
  if (isRecord(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [toSnake(name), valueToWire(inner)]),
    );
  }
  return value;
}

/** How one text of the JSON is read. */
type Reading = 'text' | 'bytes' | 'amount';

/** Other readings of a text. Its codec accepts only one of them. */
function otherReading(text: string): Reading | null {
  if (tryFromHex(text) !== null) return 'bytes';
  return /^(0|[1-9]\d{0,18})$/.test(text) ? 'amount' : null;
}

/**
 * Tries the readings of all ambiguous texts. The codec decides: what it encodes and decodes back to the same JSON is
 * the payload, and no second reading can do so, since a codec's field takes one kind of value.
 */
function readGeneric(type: TransactionType, wire: PayloadWire): unknown {
  const ambiguous = countAmbiguous(wire);
  const wanted = JSON.stringify(sorted(wire));
  if (ambiguous <= AMBIGUOUS_TEXTS_MAX) {
    for (let choice = 0; choice < 2 ** ambiguous; choice++) {
      const payload = tryReading(type, readValue(wire, { choice, next: 0 }));
      if (payload !== undefined && JSON.stringify(sorted(valueToWire(payload))) === wanted) return payload;
    }
  }
  throw new ApiError('TX_PAYLOAD_INVALID', `the payload does not have the fields of ${type.name}`, {
    extra: { tx_type: type.name },
  });
}

function countAmbiguous(value: unknown): number {
  if (typeof value === 'string') return otherReading(value) === null ? 0 : 1;
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce<number>((count, inner) => count + countAmbiguous(inner), 0);
}

function readValue(value: unknown, cursor: { choice: number; next: number }): unknown {
  if (typeof value === 'string') {
    const other = otherReading(value);
    if (other === null) return value;
    const takeOther = Math.floor(cursor.choice / 2 ** cursor.next) % 2 === 1;
    cursor.next += 1;
    if (!takeOther) return value;
    return other === 'bytes' ? fromHex(value) : BigInt(value);
  }
  if (Array.isArray(value)) return value.map((inner) => readValue(inner, cursor));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [toCamel(name), readValue(inner, cursor)]),
  );
}

/** The payload after a trip through its codec, or undefined where the codec refuses. A wrong shape may throw anything. */
function tryReading(type: TransactionType, candidate: unknown): unknown {
  try {
    return type.payload.fromCbor(type.payload.toCbor(candidate), '');
  } catch {
    return undefined;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}
