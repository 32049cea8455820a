/** @module The codec against its frozen vectors, a second implementation, and itself. */
import { createHash } from 'node:crypto';
import { cdeEncodeOptions, decode as decodeCbor2, diagnose, encode as encodeCbor2 } from 'cbor2';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressCodec,
  amount,
  bytes,
  bytesUpTo,
  type Codec,
  CodecError,
  choice,
  consensusKeyCodec,
  decode,
  encode,
  flag,
  hashCodec,
  int,
  list,
  mapped,
  nullable,
  text,
  tuple,
  uint,
} from '../../../../shared/protocol/codec/codec.ts';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { CBOR_DEPTH_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import { transactionCodec } from '../../../../shared/protocol/transaction/encode.ts';
import { builtInTransactions } from '../../../../shared/protocol/transaction/registry.ts';
import { readVectors } from '../../../support/vectors.ts';

interface Vector {
  readonly name: string;
  readonly codec: string;
  readonly diagnostic: string | null;
  readonly hex: string;
}
interface ValidVector extends Vector {
  readonly value: unknown;
  readonly sha256: string;
}
interface InvalidVector extends Vector {
  readonly code: string;
}

const vectors = readVectors<{
  valid: ValidVector[];
  invalid: InvalidVector[];
}>('cbor');

const hexOf = (length: Codec<Uint8Array>) => mapped(length, toHex, fromHex);
const decimal = mapped(amount(), String, BigInt);
const nested = (depth: number): Codec<number> =>
  depth === 0
    ? uint()
    : mapped(
        tuple({ inner: nested(depth - 1) }),
        (outer) => outer.inner,
        (inner) => ({ inner }),
      );

const CODECS: Readonly<Record<string, Codec<unknown>>> = {
  uint: uint(),
  int: int(),
  amount: decimal,
  bytes32: hexOf(bytes(32)),
  bytesUpTo4: hexOf(bytesUpTo(4)),
  bytesUpTo2000: hexOf(bytesUpTo(2000)),
  text8: text({ max: 8 }),
  text80: text({ max: 80 }),
  lower8: text({ max: 8, pattern: /^[a-z]*$/ }),
  list3: list(uint(), 3),
  pair: tuple({ first: uint(), second: decimal }),
  maybe: nullable(uint()),
  choice: choice({ red: 0, blue: 1 }),
  address: addressCodec,
  hash: hashCodec,
  consensusKey: consensusKeyCodec,
  nested8: nested(CBOR_DEPTH_MAX),
};

/** What the vectors allow for one value. */
const VECTOR_BYTES_MAX = 1024;

function codecNamed(name: string): Codec<unknown> {
  const codec = CODECS[name];
  if (codec === undefined) throw new Error(`no codec ${name}`);
  return codec;
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CodecError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('valid vectors', () => {
  test.each(vectors.valid)('$codec: $name', (vector) => {
    const codec = codecNamed(vector.codec);
    const encoded = fromHex(vector.hex);
    expect(decode(codec, encoded, VECTOR_BYTES_MAX)).toEqual(vector.value);
    expect(toHex(encode(codec, vector.value))).toBe(vector.hex);
  });

  test.each(vectors.valid)('a second implementation reads and writes the same bytes: $name', (vector) => {
    const encoded = fromHex(vector.hex);
    expect(toHex(encodeCbor2(decodeCbor2(encoded), cdeEncodeOptions))).toBe(vector.hex);
    expect(diagnose(encoded)).toBe(vector.diagnostic);
    expect(`0x${createHash('sha256').update(encoded).digest('hex')}`).toBe(vector.sha256);
  });
});

describe('invalid vectors', () => {
  test.each(vectors.invalid)('$codec refuses $name', (vector) => {
    const codec = codecNamed(vector.codec);
    expect(codeOf(() => decode(codec, fromHex(vector.hex), VECTOR_BYTES_MAX))).toBe(vector.code);
  });

  test.each(vectors.invalid.filter((vector) => vector.diagnostic !== null))(
    'the notation is what the bytes say: $name',
    (vector) => expect(diagnose(fromHex(vector.hex))).toBe(vector.diagnostic),
  );
});

describe('decoding', () => {
  test('takes exactly the allowed number of bytes and not one more', () => {
    const encoded = encode(bytesUpTo(100), new Uint8Array(10));
    expect(decode(bytesUpTo(100), encoded, 11)).toEqual(new Uint8Array(10));
    expect(codeOf(() => decode(bytesUpTo(100), encoded, 10))).toBe('CBOR_TOO_LARGE');
  });

  test('ends hostile nesting by its depth, not by the stack', () => {
    const bomb = new Uint8Array(1_000_000).fill(0x81);
    expect(codeOf(() => decode(uint(), bomb, bomb.length))).toBe('CBOR_TOO_DEEP');
  });

  test('ends a list that claims more items than there are bytes', () => {
    expect(codeOf(() => decode(list(uint(), 10), fromHex('0x9affffffff00'), 100))).toBe('CBOR_MALFORMED');
  });

  test('names the field that is wrong', () => {
    const codec = tuple({ header: tuple({ round: uint(9) }), txs: list(bytes(1), 5) });
    const bad = encode(tuple({ a: tuple({ b: uint() }), c: list(bytesUpTo(9), 5) }), {
      a: { b: 1 },
      c: [new Uint8Array(1), new Uint8Array(2)],
    });
    expect(() => decode(codec, bad, 100)).toThrow('txs[1]: expected 1 bytes');
    const worse = encode(tuple({ a: tuple({ b: uint() }), c: uint() }), { a: { b: 10 }, c: 0 });
    expect(() => decode(codec, worse, 100)).toThrow('header.round: expected an integer from 0 to 9');
  });

  test('gives values that do not share memory with the input', () => {
    const encoded = encode(bytes(4), Uint8Array.of(1, 2, 3, 4));
    const value = decode(bytes(4), encoded, 10);
    encoded.fill(0);
    expect(value).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  test('reads Node buffers as it reads plain arrays', () => {
    const codec = tuple({ name: text({ max: 100 }), data: bytesUpTo(100) });
    const value = { name: 'a name of more than thirty-two characters', data: new Uint8Array(40).fill(7) };
    expect(decode(codec, Buffer.from(encode(codec, value)), 200)).toEqual(value);
  });
});

describe('an exact codec', () => {
  test('is one whose parts all give back what they take', () => {
    const exact = tuple({
      key: consensusKeyCodec,
      list: list(nullable(amount()), 3),
      kind: choice({ a: 1 }),
    });
    expect(exact.isExact).toBe(true);
    expect(transactionCodec(builtInTransactions).isExact).toBe(true);
    const parity = mapped(
      uint(),
      (value) => value % 2,
      (value) => value,
    );
    expect(tuple({ parity }).isExact).toBe(false);
  });

  test('of another kind still takes one encoding of each value and no more', () => {
    const parity = mapped(
      uint(),
      (value) => value % 2,
      (value) => value,
    );
    expect(decode(parity, Uint8Array.of(1), 1)).toBe(1);
    expect(() => decode(parity, Uint8Array.of(3), 1)).toThrow(
      expect.objectContaining({ code: 'CBOR_NOT_CANONICAL' }),
    );
  });

  test('takes a flag as 0 or 1', () => {
    expect([0, 1].map((byte) => decode(flag(), Uint8Array.of(byte), 1))).toEqual([false, true]);
    expect([false, true].map((value) => toHex(encode(flag(), value)))).toEqual(['0x00', '0x01']);
    for (const bytes of [[2], [0xf4], [0xf5], [0x18, 1]])
      expect(() => decode(flag(), Uint8Array.from(bytes), 2)).toThrow(CodecError);
  });
});

describe('encoding', () => {
  test('gives plain arrays in buffers of their own, whatever the size', () => {
    for (const size of [0, 1, 100, 255, 256, 257, 5000, 100_000]) {
      const encoded = encode(bytesUpTo(size), new Uint8Array(size));
      expect(encoded.constructor).toBe(Uint8Array);
      expect(encoded.buffer.byteLength).toBe(encoded.byteLength);
    }
  });

  test.each([
    ['uint', -1],
    ['uint', 0.5],
    ['uint', 2 ** 53],
    ['int', 2 ** 53],
    ['int', Number.NaN],
    ['amount', '-1'],
    ['amount', String(2n ** 63n)],
    ['bytes32', '0x00'],
    ['bytesUpTo4', '0x0000000000'],
    ['text8', '123456789'],
    ['text8', '\ud800'],
    ['text8', '\ufeffa'],
    ['lower8', 'A'],
    ['list3', [1, 2, 3, 4]],
    ['choice', 'green'],
    ['choice', 'toString'],
  ])('refuses a value that decoding would refuse: %s %j', (codec, value) => {
    expect(codeOf(() => encode(codecNamed(codec), value))).toBe('CBOR_SCHEMA');
  });

  test('minus zero has the encoding of zero', () => {
    expect(toHex(encode(uint(), -0))).toBe('0x00');
  });
});

const record = tuple({
  type: uint(65_535),
  priority: int(),
  fee: amount(),
  key: bytes(32),
  body: bytesUpTo(300),
  note: nullable(text({ max: 200 })),
  tags: list(tuple({ name: text({ max: 40 }), value: amount() }), 10),
});
const amounts = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n });
const texts = (max: number) =>
  fc.string({ unit: 'binary', maxLength: max }).filter((value) => !value.startsWith('\ufeff'));
const records = fc.record({
  type: fc.nat(65_535),
  priority: fc.maxSafeInteger(),
  fee: amounts,
  key: fc.uint8Array({ minLength: 32, maxLength: 32 }),
  body: fc.uint8Array({ maxLength: 300 }),
  note: fc.option(texts(50)),
  tags: fc.array(fc.record({ name: texts(10), value: amounts }), { maxLength: 10 }),
});

describe('for any value', () => {
  test('decoding undoes encoding, and the second implementation agrees on the bytes', () => {
    fc.assert(
      fc.property(records, (value) => {
        const encoded = encode(record, value);
        expect(decode(record, encoded, 10_000)).toEqual(value);
        expect(toHex(encodeCbor2(decodeCbor2(encoded), cdeEncodeOptions))).toBe(toHex(encoded));
      }),
      { numRuns: 300 },
    );
  });

  test('bytes that decode are the encoding of what they decode to', () => {
    const lenient = fc.tuple(records, fc.nat(), fc.nat(255));
    fc.assert(
      fc.property(lenient, ([value, position, byte]) => {
        const changed = encode(record, value);
        changed[position % changed.length] = byte;
        if (codeOf(() => decode(record, changed, 10_000)) !== 'accepted') return;
        expect(toHex(encode(record, decode(record, changed, 10_000)))).toBe(toHex(changed));
      }),
      { numRuns: 1000 },
    );
  });

  test('random bytes give a value or a CodecError, never another failure', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        for (const codec of Object.values(CODECS)) codeOf(() => decode(codec, noise, 100));
      }),
      { numRuns: 1000 },
    );
  });
});
