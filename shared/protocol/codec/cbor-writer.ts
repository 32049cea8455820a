/**
 * @module Writes the deterministic encoding of the values that the protocol knows. A block of 5,000 transfers makes tens
 * of thousands of short encodings, where a general library spends most of its time on tokens and chunks.
 */
import type { CborValue } from './cbor.ts';

/** Major types of RFC 8949 section 3, in the high three bits of an item's first byte. */
const UINT = 0x00;
const NEGATIVE = 0x20;
const BYTES = 0x40;
const TEXT = 0x60;
const ARRAY = 0x80;
const NULL = 0xf6;

const UINT32_SPAN = 0x1_0000_0000;
const UINT64_MAX = 2n ** 64n - 1n;
/** First byte and eight bytes of length. */
const HEAD_BYTES_MAX = 9;
/** A UTF-16 unit takes up to three bytes of UTF-8. */
const UTF8_BYTES_PER_UNIT = 3;
const INITIAL_BYTES = 4_096;

const utf8 = new TextEncoder();

// One buffer for all encodings: nothing here calls out, so nobody sees it half written.
let buffer = new Uint8Array(INITIAL_BYTES);
let view = new DataView(buffer.buffer);
let end = 0;

/** The encoding in the writer's own buffer, valid until the next call; null for a value that is left to the library. */
export function writeItem(value: CborValue): Uint8Array | null {
  end = 0;
  return append(value) ? buffer.subarray(0, end) : null;
}

/** False for what the protocol never encodes: fractions, integers beyond 64 bits, and whatever is no CborValue. */
function append(value: CborValue): boolean {
  if (typeof value === 'number') return appendNumber(value);
  if (typeof value === 'bigint') return appendBigInt(value);
  if (typeof value === 'string') return appendText(value);
  reserve(HEAD_BYTES_MAX);
  if (value === null) {
    buffer[end++] = NULL;
    return true;
  }
  if (value instanceof Uint8Array) {
    appendHead(BYTES, value.length);
    reserve(value.length);
    buffer.set(value, end);
    end += value.length;
    return true;
  }
  if (!Array.isArray(value)) return false;
  appendHead(ARRAY, value.length);
  for (let i = 0; i < value.length; i++) if (!append(value[i] as CborValue)) return false;
  return true;
}

function appendNumber(value: number): boolean {
  if (!Number.isSafeInteger(value)) return false;
  reserve(HEAD_BYTES_MAX);
  if (value >= 0) appendHead(UINT, value);
  else appendHead(NEGATIVE, -1 - value);
  return true;
}

function appendBigInt(value: bigint): boolean {
  if (value >= -BigInt(Number.MAX_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER))
    return appendNumber(Number(value));
  if (value < 0n || value > UINT64_MAX) return false;
  reserve(HEAD_BYTES_MAX);
  buffer[end] = UINT | 27;
  view.setBigUint64(end + 1, value);
  end += 9;
  return true;
}

function appendText(value: string): boolean {
  const { length } = value;
  reserve(HEAD_BYTES_MAX + length * UTF8_BYTES_PER_UNIT);
  const head = end;
  appendHead(TEXT, length);
  for (let i = 0; i < length; i++) {
    const unit = value.charCodeAt(i);
    if (unit >= 0x80) {
      end = head;
      appendUtf8(utf8.encode(value));
      return true;
    }
    buffer[end + i] = unit;
  }
  end += length;
  return true;
}

function appendUtf8(bytes: Uint8Array): void {
  appendHead(TEXT, bytes.length);
  buffer.set(bytes, end);
  end += bytes.length;
}

/** Major type and the shortest form of a count below 2^53. */
function appendHead(major: number, count: number): void {
  if (count < 24) {
    buffer[end++] = major | count;
  } else if (count < 0x100) {
    buffer[end++] = major | 24;
    buffer[end++] = count;
  } else if (count < 0x1_0000) {
    buffer[end++] = major | 25;
    buffer[end++] = count >> 8;
    buffer[end++] = count;
  } else if (count < UINT32_SPAN) {
    buffer[end] = major | 26;
    view.setUint32(end + 1, count);
    end += 5;
  } else {
    buffer[end] = major | 27;
    view.setUint32(end + 1, Math.floor(count / UINT32_SPAN));
    view.setUint32(end + 5, count % UINT32_SPAN);
    end += 9;
  }
}

function reserve(bytes: number): void {
  if (end + bytes <= buffer.length) return;
  const larger = new Uint8Array(Math.max(buffer.length * 2, end + bytes));
  larger.set(buffer.subarray(0, end));
  buffer = larger;
  view = new DataView(larger.buffer);
}
