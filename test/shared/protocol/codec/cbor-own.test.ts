/** @module The codec's own reader and writer against the library that they stand in for. */
import { decode as libraryDecode, encode as libraryEncode } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CborValue } from '../../../../shared/protocol/codec/cbor.ts';
import { readItem } from '../../../../shared/protocol/codec/cbor-reader.ts';
import { writeItem } from '../../../../shared/protocol/codec/cbor-writer.ts';
import { toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { CBOR_DEPTH_MAX } from '../../../../shared/protocol/primitives/limits.ts';

const STRICT = { strict: true, allowIndefinite: false, allowUndefined: false, allowBigInt: true } as const;

/** Counts around every change of form. */
const edges = [0, 23, 24, 0xff, 0x100, 0xffff, 0x1_0000, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER];
const leaf: fc.Arbitrary<CborValue> = fc.oneof(
  fc.constantFrom(...edges),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
  fc.uint8Array({ maxLength: 300 }),
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constant(null),
);
const value = fc.letrec<{ node: CborValue; list: CborValue[] }>((tie) => ({
  node: fc.oneof({ maxDepth: CBOR_DEPTH_MAX - 1, withCrossShrink: true }, leaf, tie('list')),
  list: fc.array(tie('node'), { maxLength: 30 }),
})).node;

describe('the own CBOR', () => {
  it('writes what the library writes', () => {
    fc.assert(
      fc.property(value, (item) => {
        const own = writeItem(item);
        expect(own === null ? null : toHex(own)).toBe(toHex(libraryEncode(item)));
      }),
      { numRuns: 300 },
    );
  });

  it('reads what the library reads', () => {
    fc.assert(
      fc.property(value, (item) => {
        const bytes = new Uint8Array(libraryEncode(item));
        const own = readItem(bytes);
        if (own !== undefined) expect(own).toEqual(libraryDecode(bytes, STRICT));
        else expect(new TextDecoder().decode(bytes)).toMatch(/[^\0-\x7f]/); // text beyond ASCII is left to the library
      }),
      { numRuns: 300 },
    );
  });

  it('copies byte strings, or shares the memory of its input where it is told to', () => {
    const bytes = new Uint8Array(libraryEncode([new Uint8Array([1, 2, 3])]));
    const [copy] = readItem(bytes) as [Uint8Array];
    const [view] = readItem(bytes, true) as [Uint8Array];
    expect(copy).toEqual(view);
    expect([copy.buffer === bytes.buffer, view.buffer === bytes.buffer]).toEqual([false, true]);
  });

  it('takes no bytes but the one encoding of what it reads', () => {
    const change = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), cut: fc.nat(3) });
    fc.assert(
      fc.property(value, change, (item, { at, byte, cut }) => {
        const bytes = new Uint8Array(libraryEncode(item));
        bytes[at % bytes.length] = byte;
        const changed = bytes.slice(0, bytes.length - cut);
        const own = readItem(changed);
        if (own === undefined) return;
        expect(toHex(libraryEncode(own))).toBe(toHex(changed));
        expect(own).toEqual(libraryDecode(changed, STRICT));
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves fractions and integers beyond 64 bits to the library', () => {
    for (const item of [0.5, Number.NaN, 2n ** 64n, -(2n ** 60n), [1, 0.5]])
      expect(writeItem(item)).toBe(null);
  });

  it('nests as deep as the limit and no deeper', () => {
    const nested = (depth: number) => Uint8Array.from([...new Array<number>(depth).fill(0x81), 0]);
    expect(readItem(nested(CBOR_DEPTH_MAX))).toBeDefined();
    expect(readItem(nested(CBOR_DEPTH_MAX + 1))).toBeUndefined();
  });

  it('writes more than its first buffer holds', () => {
    const item = [new Uint8Array(100_000).fill(7), 'x'.repeat(50_000), null];
    expect(toHex(writeItem(item) ?? new Uint8Array())).toBe(toHex(libraryEncode(item)));
  });
});
