/** @module CBOR as the protocol allows it: integers, byte strings, text, arrays and null, in the one deterministic form. */

import type { Token } from 'cborg';
import { decode as cborgDecode, encode as cborgEncode, Tokenizer, Type } from 'cborg';
import { equalBytes } from '../primitives/bytes.ts';
import { CBOR_DEPTH_MAX } from '../primitives/limits.ts';
import { readItem } from './cbor-reader.ts';
import { writeItem } from './cbor-writer.ts';
import { CodecError } from './codec-error.ts';

/** Integers within 2^53 are `number`, larger ones `bigint`; both are accepted where a value is encoded. */
export type CborValue = number | bigint | Uint8Array | string | null | readonly CborValue[];

/** Counts open arrays while cborg reads tokens, so that hostile nesting ends before it fills the stack. */
class BoundedTokenizer extends Tokenizer {
  readonly #open: number[] = [];

  override next(): Token {
    const token = super.next();
    const open = this.#open;
    if (open.length > 0) open[open.length - 1] = (open[open.length - 1] as number) - 1;
    if (token.type === Type.array) {
      if (open.length === CBOR_DEPTH_MAX) throw new CodecError('CBOR_TOO_DEEP', 'nested too deep');
      open.push(token.value as number);
    } else if (!(token.type.terminal as boolean)) {
      throw new CodecError('CBOR_MALFORMED', `${token.type.name} is not allowed`);
    }
    while (open.length > 0 && open[open.length - 1] === 0) open.pop();
    return token;
  }
}

const STRICT = { strict: true, allowIndefinite: false, allowUndefined: false, allowBigInt: true } as const;

/**
 * Reads one CBOR item that fills the bytes. What the library lets pass (floats with integer values, bad UTF-8, booleans)
 * is caught by the schema and by encoding again: use `decode` of codec.ts. `shared`: byte strings may be views of the input,
 * which then must never change. Throws CodecError.
 */
export function readCbor(input: Uint8Array, shared = false): CborValue {
  const bytes = plainBytes(input);
  const value = readItem(bytes, shared);
  if (value !== undefined) return value;
  try {
    return cborgDecode(bytes, { ...STRICT, tokenizer: new BoundedTokenizer(bytes, STRICT) }) as CborValue;
  } catch (error) {
    if (error instanceof CodecError) throw error;
    throw new CodecError('CBOR_MALFORMED', error instanceof Error ? error.message : String(error));
  }
}

/** The same memory as a plain array: a subclass such as Node's Buffer would hand out views where that one copies. */
export function plainBytes(input: Uint8Array): Uint8Array {
  return input.constructor === Uint8Array
    ? input
    : new Uint8Array(input.buffer, input.byteOffset, input.length);
}

/** The deterministic encoding in an array buffer of its own, so that it can be stored and sent without its neighbours. */
export function writeCbor(value: CborValue): Uint8Array<ArrayBuffer> {
  return new Uint8Array(writeItem(value) ?? cborgEncode(value));
}

/** True if the bytes are the deterministic encoding of the value. */
export function isCborOf(value: CborValue, bytes: Uint8Array): boolean {
  return equalBytes(writeItem(value) ?? cborgEncode(value), bytes);
}
