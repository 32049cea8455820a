/** @module The native verifier and signer against the vectors and the portable ones. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nativeSigner, nativeVerifier } from '../../../shared/native/verifier.ts';
import { jsSigner, jsVerifier } from '../../../shared/protocol/crypto/verifier.ts';
import { AssertionError } from '../../../shared/protocol/primitives/assert.ts';
import { fromHex, toHex } from '../../../shared/protocol/primitives/bytes.ts';
import { runVectors, type SignatureVector } from '../../support/ed25519-vectors.ts';
import { readVectors } from '../../support/vectors.ts';

const { signatures } = readVectors<{ signatures: SignatureVector[] }>('ed25519');

const seeds = fc.uint8Array({ minLength: 32, maxLength: 32 });
const messages = fc.uint8Array({ maxLength: 200 });

test('the native verifier decides every vector as the rule does', () => {
  expect(runVectors(nativeVerifier, signatures)).toEqual([]);
});

test('the runner reports a verifier that accepts all, refuses all or throws', () => {
  const invalid = signatures.filter((vector) => !vector.valid).length;
  expect(runVectors({ verify: () => true }, signatures)).toHaveLength(invalid);
  expect(runVectors({ verify: () => false }, signatures)).toHaveLength(signatures.length - invalid);
  const broken = () => {
    throw new Error('broken');
  };
  expect(runVectors({ verify: broken }, signatures)).toHaveLength(signatures.length);
});

test('native and portable signers make the same signatures, and each verifier takes them', () => {
  fc.assert(
    fc.property(seeds, messages, (seed, message) => {
      const native = nativeSigner(seed);
      const portable = jsSigner(seed);
      const signature = native.sign(message);
      expect(toHex(native.publicKey)).toBe(toHex(portable.publicKey));
      expect(toHex(signature)).toBe(toHex(portable.sign(message)));
      expect(nativeVerifier.verify(native.publicKey, message, signature)).toBe(true);
      expect(jsVerifier.verify(native.publicKey, message, signature)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

test('native and portable verifiers agree on damaged keys, messages and signatures', () => {
  const signer = nativeSigner(new Uint8Array(32).fill(5));
  const message = new Uint8Array(50).fill(9);
  const whole = Uint8Array.from([...signer.publicKey, ...signer.sign(message), ...message]);
  fc.assert(
    fc.property(fc.nat(whole.length * 8 - 1), (bit) => {
      const damaged = whole.with(bit >> 3, (whole[bit >> 3] ?? 0) ^ (1 << (bit & 7)));
      const parts = [damaged.slice(0, 32), damaged.slice(96), damaged.slice(32, 96)] as const;
      expect(nativeVerifier.verify(...parts)).toBe(jsVerifier.verify(...parts));
    }),
    { numRuns: 150 },
  );
});

test('random bytes as keys are decided alike, on the curve or not', () => {
  const signature = fromHex(signatures[0]?.signature ?? '0x');
  fc.assert(
    fc.property(seeds, messages, (key, message) => {
      expect(nativeVerifier.verify(key, message, signature)).toBe(jsVerifier.verify(key, message, signature));
    }),
    { numRuns: 100 },
  );
});

test('a seed of another length is a bug', () => {
  expect(() => nativeSigner(new Uint8Array(33))).toThrow(AssertionError);
});
