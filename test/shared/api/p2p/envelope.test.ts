/** @module The signed envelope: whoever changes any part of it, or plays it elsewhere, is refused. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  challengeHash,
  decodeEnvelope,
  EMPTY_BODY_HASH,
  ENVELOPE_BYTES_MAX,
  ENVELOPE_WINDOW_MS,
  type Envelope,
  envelopeFromHeader,
  envelopeToHeader,
  isEnvelopeTrue,
  isTimely,
  sealEnvelope,
} from '../../../../shared/api/p2p/envelope.ts';
import { nativeSigner, nativeVerifier } from '../../../../shared/native/verifier.ts';
import { jsVerifier } from '../../../../shared/protocol/crypto/verifier.ts';
import { consensusKeyFromBytes } from '../../../../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../../../../shared/protocol/primitives/hash.ts';
import { SAFE_UINT_MAX } from '../../../../shared/protocol/primitives/limits.ts';

const [alice, bob] = [1, 2].map((fill) => nativeSigner(new Uint8Array(32).fill(fill))) as [
  ReturnType<typeof nativeSigner>,
  ReturnType<typeof nativeSigner>,
];
const GENESIS = parseHash(`0x${'5a'.repeat(32)}`);
const ENVELOPE: Envelope = {
  from: consensusKeyFromBytes(alice.publicKey),
  to: consensusKeyFromBytes(bob.publicKey),
  chain: 'main',
  channel: 'dial',
  nonce: new Uint8Array(16).fill(9),
  timeMs: 1_800_000_000_000,
  bodyHash: EMPTY_BODY_HASH,
};

describe('an envelope', () => {
  it('comes back from its header as it was signed, and every verifier agrees', () => {
    const signed = envelopeFromHeader(envelopeToHeader(sealEnvelope(ENVELOPE, GENESIS, alice)));
    expect(signed?.envelope).toEqual(ENVELOPE);
    if (signed === null) return;
    expect(isEnvelopeTrue(signed, GENESIS, nativeVerifier)).toBe(true);
    expect(isEnvelopeTrue(signed, GENESIS, jsVerifier)).toBe(true);
  });

  it.for<[string, Partial<Envelope>]>([
    ['sender', { from: ENVELOPE.to }],
    ['receiver', { to: ENVELOPE.from }],
    ['chain', { chain: 'side' }],
    ['channel', { channel: 'confirm' }],
    ['nonce', { nonce: new Uint8Array(16) }],
    ['time', { timeMs: ENVELOPE.timeMs + 1 }],
    ['body', { bodyHash: challengeHash(new Uint8Array(16), new Uint8Array(16)) }],
  ])('is not true with another %s', ([, changes]) => {
    const { envelope, signature } = decodeEnvelope(sealEnvelope(ENVELOPE, GENESIS, alice));
    expect(
      isEnvelopeTrue({ envelope: { ...envelope, ...changes }, signature }, GENESIS, nativeVerifier),
    ).toBe(false);
  });

  it('is not true for another genesis, nor when another key signed it', () => {
    const own = decodeEnvelope(sealEnvelope(ENVELOPE, GENESIS, alice));
    expect(isEnvelopeTrue(own, parseHash(`0x${'77'.repeat(32)}`), nativeVerifier)).toBe(false);
    expect(
      isEnvelopeTrue(decodeEnvelope(sealEnvelope(ENVELOPE, GENESIS, bob)), GENESIS, nativeVerifier),
    ).toBe(false);
  });

  it('counts within its window, both edges included', () => {
    for (const sign of [-1, 1]) {
      expect(isTimely(ENVELOPE, ENVELOPE.timeMs + sign * ENVELOPE_WINDOW_MS)).toBe(true);
      expect(isTimely(ENVELOPE, ENVELOPE.timeMs + sign * (ENVELOPE_WINDOW_MS + 1))).toBe(false);
    }
  });

  it('fits its limit with the longest chain id, and is not read beyond it', () => {
    const longest = { ...ENVELOPE, chain: 'c'.repeat(32), timeMs: SAFE_UINT_MAX };
    expect(sealEnvelope(longest, GENESIS, alice).length).toBeLessThanOrEqual(ENVELOPE_BYTES_MAX);
    expect(envelopeFromHeader(`0x${'00'.repeat(ENVELOPE_BYTES_MAX + 1)}`)).toBeNull();
    expect(envelopeFromHeader(null)).toBeNull();
  });

  it('is null for any other header', () => {
    const header = envelopeToHeader(sealEnvelope(ENVELOPE, GENESIS, alice));
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(envelopeFromHeader(text)).toBeNull();
      }),
      { numRuns: 200 },
    );
    for (const changed of [header.slice(0, -2), `${header}00`, header.toUpperCase(), header.slice(2)]) {
      expect(envelopeFromHeader(changed)).toBeNull();
    }
  });
});
