/** @module The CBOR list of receipts made of receipts already encoded, so that each is encoded once. */

import { assert } from '../primitives/assert.ts';
import { concatBytes } from '../primitives/bytes.ts';
import { BLOCK_TRANSACTIONS_MAX } from '../primitives/limits.ts';

/** The head of a CBOR array of up to BLOCK_TRANSACTIONS_MAX items. */
export const RECEIPT_LIST_HEAD_BYTES_MAX = 3;
const ARRAY = 0x80;

/** The same bytes as `encodeReceipts` of the receipts behind `leaves`. */
export function joinReceipts(leaves: readonly Uint8Array[]): Uint8Array {
  const count = leaves.length;
  assert(count <= BLOCK_TRANSACTIONS_MAX, 'a block has one receipt per transaction');
  return concatBytes(arrayHead(count), ...leaves);
}

/** RFC 8949 section 3: the count in the first byte, in one more or in two more. */
function arrayHead(count: number): Uint8Array {
  if (count < 24) return Uint8Array.of(ARRAY | count);
  if (count < 256) return Uint8Array.of(ARRAY | 24, count);
  return Uint8Array.of(ARRAY | 25, count >> 8, count & 255);
}
