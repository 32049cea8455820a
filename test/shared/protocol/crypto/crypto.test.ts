/** @module Hashes, domains, keys and signatures against published vectors and the constructed corner cases. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  HASH_DOMAINS,
  hashDomain,
  ROLES,
  type Role,
  signBytes,
} from '../../../../shared/protocol/crypto/domains.ts';
import { sha256, sha256Hex } from '../../../../shared/protocol/crypto/hashing.ts';
import {
  addressOf,
  isCanonicalKey,
  isSmallOrder,
  isTorsionFree,
} from '../../../../shared/protocol/crypto/keys.ts';
import { jsSigner, jsVerifier } from '../../../../shared/protocol/crypto/verifier.ts';
import { AssertionError } from '../../../../shared/protocol/primitives/assert.ts';
import { fromHex, toHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { hashToBytes, ZERO_HASH } from '../../../../shared/protocol/primitives/hash.ts';
import { runVectors, type SignatureVector } from '../../../support/ed25519-vectors.ts';
import { readVectors } from '../../../support/vectors.ts';

interface KeyVector {
  readonly name: string;
  readonly public_key: string;
  readonly canonical: boolean;
  readonly small_order: boolean;
  readonly torsion_free: boolean;
}

const vectors = readVectors<{
  signatures: SignatureVector[];
  keys: KeyVector[];
}>('ed25519');

const sha256OfNode = (bytes: Uint8Array) => `0x${createHash('sha256').update(bytes).digest('hex')}`;

describe('SHA-256', () => {
  test('agrees with the platform on any input, whatever came before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(toHex(sha256(bytes))).toBe(sha256OfNode(bytes));
        expect(sha256Hex(bytes)).toBe(sha256OfNode(bytes));
      }),
      { numRuns: 500 },
    );
  });

  test('agrees around every block edge and for a large input', () => {
    for (const size of [0, 1, 54, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 129, 1_000_000]) {
      const bytes = new Uint8Array(size).fill(size & 255);
      expect(toHex(sha256(bytes))).toBe(sha256OfNode(bytes));
    }
  });

  test('gives results that later hashes do not change', () => {
    const first = sha256(Uint8Array.of(1));
    const copy = first.slice();
    sha256(Uint8Array.of(2));
    expect(first).toEqual(copy);
  });

  test('is not disturbed by an input that is refused', () => {
    expect(() => sha256('text' as unknown as Uint8Array)).toThrow();
    expect(sha256Hex(Uint8Array.of(1))).toBe(sha256OfNode(Uint8Array.of(1)));
  });
});

describe('domains', () => {
  const body = Uint8Array.of(1, 2, 3);

  test('signed bytes are the role, a zero byte, the scope and the body', () => {
    const scope = sha256(Uint8Array.of(9));
    const wanted = Buffer.concat([Buffer.from('atoll/precommit/v1\0', 'latin1'), scope, body]);
    expect(toHex(signBytes('precommit', scope, body))).toBe(`0x${wanted.toString('hex')}`);
    expect(signBytes('tx', ZERO_HASH, body)).toEqual(signBytes('tx', new Uint8Array(32), body));
    expect(hashToBytes(ZERO_HASH)).toHaveLength(32);
  });

  test('a hash of a domain covers its name', () => {
    expect(hashDomain('header', body)).toBe(
      sha256OfNode(Buffer.concat([Buffer.from('atoll/header/v1\0', 'latin1'), body])),
    );
  });

  test('no two purposes share their first bytes', () => {
    const names = [...ROLES, ...HASH_DOMAINS].map((name) => `atoll/${name}/v1\0`);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(names.filter((other) => other.startsWith(name))).toEqual([name]);
  });

  test('an unknown role or a scope of another length is a bug', () => {
    expect(() => signBytes('vote' as Role, ZERO_HASH, body)).toThrow(AssertionError);
    expect(() => signBytes('tx', new Uint8Array(31), body)).toThrow(AssertionError);
  });
});

describe('keys', () => {
  test.each(vectors.keys)('$name', (vector) => {
    const key = fromHex(vector.public_key);
    expect(isCanonicalKey(key)).toBe(vector.canonical);
    expect(isCanonicalKey(key) && isSmallOrder(key)).toBe(vector.small_order);
    expect(isTorsionFree(key)).toBe(vector.torsion_free);
  });

  test('the largest canonical y is p - 1, with either sign', () => {
    const p = fromHex(`0xed${'ff'.repeat(30)}7f`);
    expect(isCanonicalKey(p)).toBe(false);
    expect(isCanonicalKey(p.with(0, 0xec))).toBe(true);
    expect(isCanonicalKey(p.with(0, 0xec).with(31, 0xff))).toBe(true);
    expect(isCanonicalKey(p.with(31, 0xff))).toBe(false);
    for (let i = 1; i < 31; i++) expect(isCanonicalKey(p.with(i, 0xfe))).toBe(true);
  });

  test('an address is the head of the hash of the key', () => {
    const { publicKey } = jsSigner(new Uint8Array(32).fill(1));
    expect(addressOf(publicKey)).toBe(sha256OfNode(publicKey).slice(0, 42));
  });
});

describe('the portable verifier', () => {
  test('decides every vector as the rule does', () => {
    expect(runVectors(jsVerifier, vectors.signatures)).toEqual([]);
  });

  test.each(vectors.signatures.filter((vector) => vector.secret !== undefined))(
    'the portable signer makes the signature of $name',
    (vector) => {
      const signer = jsSigner(fromHex(vector.secret ?? ''));
      expect(toHex(signer.publicKey)).toBe(vector.public_key);
      expect(toHex(signer.sign(fromHex(vector.message)))).toBe(vector.signature);
    },
  );

  test('refuses a signature with any one byte changed', () => {
    const signer = jsSigner(new Uint8Array(32).fill(3));
    const message = Uint8Array.of(1, 2, 3);
    const signature = signer.sign(message);
    for (let i = 0; i < 64; i++) {
      const changed = signature.with(i, (signature[i] ?? 0) ^ 0x10);
      expect(jsVerifier.verify(signer.publicKey, message, changed)).toBe(false);
    }
    expect(jsVerifier.verify(signer.publicKey, message, signature)).toBe(true);
  });

  test('a seed of another length is a bug', () => {
    expect(() => jsSigner(new Uint8Array(31))).toThrow(AssertionError);
  });
});
