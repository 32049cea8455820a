/** @module Primitive values have one form, and their parsers take no other. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addressFromBytes,
  addressToBytes,
  isAddress,
  parseAddress,
} from '../../../../shared/protocol/primitives/address.ts';
import {
  AMOUNT_MAX,
  addAmount,
  amountFromBytes,
  amountToBytes,
  parseAmount,
  subAmount,
} from '../../../../shared/protocol/primitives/amount.ts';
import { AssertionError, assert, assertNever } from '../../../../shared/protocol/primitives/assert.ts';
import {
  compareBytes,
  concatBytes,
  equalBytes,
  fromHex,
  toHex,
} from '../../../../shared/protocol/primitives/bytes.ts';
import { parseChainId, RESERVED_CHAIN_IDS } from '../../../../shared/protocol/primitives/chain-id.ts';
import {
  consensusKeyFromBytes,
  consensusKeyToBytes,
  parseConsensusKey,
} from '../../../../shared/protocol/primitives/consensus-key.ts';
import { PrimitiveError } from '../../../../shared/protocol/primitives/errors.ts';
import {
  hashFromBytes,
  hashToBytes,
  parseHash,
  ZERO_HASH,
} from '../../../../shared/protocol/primitives/hash.ts';

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof PrimitiveError) return error.code;
    throw error;
  }
  return 'accepted';
}

const byteArrays = fc.uint8Array({ maxLength: 40 });

describe('hexadecimal', () => {
  test('reading undoes writing', () => {
    fc.assert(
      fc.property(byteArrays, (bytes) => {
        expect(toHex(bytes)).toBe(`0x${Buffer.from(bytes).toString('hex')}`);
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
  });

  test.each([
    '',
    '0',
    '0x0',
    '00',
    '0X00',
    '0xAB',
    '0x0g',
    '0x 0',
    '0x\u0130\u0130',
    '0x00 ',
    '-0x00',
    '0x-1',
  ])('has no other form: %j', (text) => expect(codeOf(() => fromHex(text))).toBe('BAD_HEX'));
});

describe('byte strings', () => {
  test('compare as Node compares them', () => {
    fc.assert(
      fc.property(byteArrays, byteArrays, (a, b) => {
        expect(Math.sign(compareBytes(a, b))).toBe(Buffer.compare(a, b));
        expect(equalBytes(a, b)).toBe(Buffer.compare(a, b) === 0);
        expect(concatBytes(a, b)).toEqual(Uint8Array.from([...a, ...b]));
      }),
    );
  });
});

describe('addresses, hashes and consensus keys', () => {
  const address = `0x${'0f'.repeat(20)}`;
  const hash = `0x${'0f'.repeat(32)}`;

  test('have one form in text and one in bytes', () => {
    expect(addressFromBytes(addressToBytes(parseAddress(address)))).toBe(address);
    expect(hashFromBytes(hashToBytes(parseHash(hash)))).toBe(hash);
    expect(consensusKeyFromBytes(consensusKeyToBytes(parseConsensusKey(hash)))).toBe(hash);
    expect(hashToBytes(ZERO_HASH)).toEqual(new Uint8Array(32));
  });

  test.each([
    address.slice(0, -1),
    `${address}0`,
    `${address}00`,
    address.toUpperCase(),
    address.slice(2),
    hash,
    '',
  ])('an address is refused in any other form: %j', (text) => {
    expect(codeOf(() => parseAddress(text))).toBe('BAD_ADDRESS');
    expect(isAddress(text)).toBe(false);
  });

  test.each([address, `${hash}00`, hash.slice(0, -2), hash.replace('0x', '0X'), `${hash.slice(0, -1)}F`])(
    'a hash and a key are refused in any other form: %j',
    (text) => {
      expect(codeOf(() => parseHash(text))).toBe('BAD_HASH');
      expect(codeOf(() => parseConsensusKey(text))).toBe('BAD_CONSENSUS_KEY');
    },
  );

  test('bytes of another length are a bug of the caller', () => {
    expect(() => addressFromBytes(new Uint8Array(19))).toThrow(AssertionError);
    expect(() => hashFromBytes(new Uint8Array(33))).toThrow(AssertionError);
    expect(() => consensusKeyFromBytes(new Uint8Array(31))).toThrow(AssertionError);
  });
});

describe('chain ids', () => {
  test.each(['a', '7', 'atoll', 'a-b', 'a--b', 'x'.repeat(32)])('%s may name a chain', (text) => {
    expect(parseChainId(text)).toBe(text);
  });

  test.each([
    '',
    '-',
    'a-',
    '-a',
    'A',
    'a_b',
    'a.b',
    'a b',
    'ä',
    'a\n',
    'x'.repeat(33),
    ...RESERVED_CHAIN_IDS,
  ])('%j may not', (text) => expect(codeOf(() => parseChainId(text))).toBe('BAD_CHAIN_ID'));
});

describe('amounts', () => {
  const amounts = fc.bigInt({ min: 0n, max: AMOUNT_MAX });

  test('keep every digit through text and bytes, and bytes sort as numbers do', () => {
    fc.assert(
      fc.property(amounts, amounts, (a, b) => {
        expect(parseAmount(String(a))).toBe(a);
        expect(amountFromBytes(amountToBytes(a))).toBe(a);
        expect(Math.sign(compareBytes(amountToBytes(a), amountToBytes(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });

  test.each([
    '',
    '-1',
    '+1',
    '01',
    '1.0',
    '1e3',
    ' 1',
    '1 ',
    '0x1',
    '１',
    '9223372036854775808',
    '9'.repeat(1000),
  ])('text is refused that is no amount: %j', (text) =>
    expect(codeOf(() => parseAmount(text))).toBe('BAD_AMOUNT'),
  );

  test('sums stop at the largest amount and differences at zero', () => {
    expect(addAmount(AMOUNT_MAX - 1n, 1n)).toBe(AMOUNT_MAX);
    expect(codeOf(() => addAmount(AMOUNT_MAX, 1n))).toBe('AMOUNT_OVERFLOW');
    expect(subAmount(1n, 1n)).toBe(0n);
    expect(codeOf(() => subAmount(0n, 1n))).toBe('AMOUNT_UNDERFLOW');
  });

  test('storage that is no amount is a bug, and so is storing one', () => {
    expect(() => amountFromBytes(new Uint8Array(7))).toThrow(AssertionError);
    expect(() => amountFromBytes(new Uint8Array(8).fill(255))).toThrow(AssertionError);
    expect(() => amountToBytes(-1n)).toThrow(AssertionError);
    expect(() => amountToBytes(AMOUNT_MAX + 1n)).toThrow(AssertionError);
  });

  test('are read from the middle of a larger buffer', () => {
    const buffer = concatBytes(new Uint8Array(3), amountToBytes(77n), new Uint8Array(3));
    expect(amountFromBytes(buffer.subarray(3, 11))).toBe(77n);
  });
});

describe('assertions', () => {
  test('pass in silence and fail with their reason', () => {
    expect(() => assert(true, 'holds')).not.toThrow();
    expect(() => assert(false, 'this is why')).toThrow('this is why');
    expect(() => assertNever('surprise' as never)).toThrow(AssertionError);
  });
});
