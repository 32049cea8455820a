/**
 * @module Joins canonical parts to canonical wholes: bytes that were split are put together again, never re-
 * encoded.
 */
import { concatBytes } from '../protocol/primitives/bytes.ts';

const CBOR_NULL = Uint8Array.of(0xf6);
const MAJOR_BYTES = 2;
const MAJOR_ARRAY = 4;
/** Above this an argument would need eight bytes: no count or length of a block does. */
const ARGUMENT_MAX = 0xffff_ffff;

/** The shortest CBOR head of a major type with its argument. */
function head(major: number, argument: number): Uint8Array {
  const first = major << 5;
  if (argument < 24) return Uint8Array.of(first | argument);
  if (argument <= 0xff) return Uint8Array.of(first | 24, argument);
  if (argument <= 0xffff) return Uint8Array.of(first | 25, argument >> 8, argument & 0xff);
  if (argument > ARGUMENT_MAX) throw new RangeError(`no part of a block has ${argument} items or bytes`);
  const bytes = new Uint8Array(5);
  bytes[0] = first | 26;
  new DataView(bytes.buffer).setUint32(1, argument);
  return bytes;
}

/** CBOR([item, ...]) of encoded items. */
export function joinArray(items: readonly Uint8Array[]): Uint8Array {
  return concatBytes(head(MAJOR_ARRAY, items.length), ...items);
}

/** The body of a block: CBOR([header, last_commit|null, evidence, [tx bytes, ...]]). */
export function joinBody(parts: {
  readonly header: Uint8Array;
  readonly lastCommit: Uint8Array | null;
  readonly evidence: Uint8Array;
  readonly transactions: readonly Uint8Array[];
}): Uint8Array {
  const transactions = parts.transactions.flatMap((bytes) => [head(MAJOR_BYTES, bytes.length), bytes]);
  return concatBytes(
    head(MAJOR_ARRAY, 4),
    parts.header,
    parts.lastCommit ?? CBOR_NULL,
    parts.evidence,
    head(MAJOR_ARRAY, parts.transactions.length),
    ...transactions,
  );
}
