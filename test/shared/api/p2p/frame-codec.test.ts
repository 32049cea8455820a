/** @module Frames between validators: one encoding each, limits at the edge and one above, nothing else is taken. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { PeerFrame } from '../../../../shared/api/p2p/frame.ts';
import {
  DECIDED_RANGE_MAX,
  decodeFrame,
  encodeFrame,
  FRAME_BYTES_MAX,
  FRAME_HASHES_MAX,
  FRAME_TRANSACTION_BYTES_MAX,
  FRAME_TRANSACTIONS_MAX,
} from '../../../../shared/api/p2p/frame-codec.ts';
import {
  BATCH_BYTES_MAX,
  BATCH_FRAME_HEAD_BYTES,
  BATCH_FRAMES_MAX,
  decodeBatch,
  decodeSessionMessage,
  encodeBatch,
  encodeSessionMessage,
  SESSION_MESSAGE_BYTES_MAX,
} from '../../../../shared/api/p2p/session-codec.ts';
import { CodecError } from '../../../../shared/protocol/codec/codec.ts';
import { hashFromBytes } from '../../../../shared/protocol/primitives/hash.ts';
import {
  BLOCK_BYTES_MAX,
  CERTIFICATE_BYTES_MAX,
  SAFE_UINT_MAX,
  TRANSACTION_BYTES_MAX,
} from '../../../../shared/protocol/primitives/limits.ts';
import { EVIDENCE_ITEM_BYTES_MAX } from '../../../../shared/protocol/votes/evidence.ts';

const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const height = fc.integer({ min: 0, max: SAFE_UINT_MAX });
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map(hashFromBytes);
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
const anyFrame: fc.Arbitrary<PeerFrame> = fc.oneof(
  fc.record({ kind: fc.constant('block' as const), body: bytes(300) }),
  fc.record({ kind: fc.constant('request_block' as const), hash }),
  fc.record({ kind: fc.constant('decided' as const), height, body: bytes(300), certificate: bytes(100) }),
  fc
    .tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 0, max: DECIDED_RANGE_MAX - 1 }))
    .map(([from, more]) => ({ kind: 'request_decided' as const, from, to: from + more })),
  fc.record({
    kind: fc.constant('transactions' as const),
    hops: fc.integer({ min: 1, max: 100 }),
    bornMs: height,
    transactions: fc.array(bytes(200), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('have_transactions' as const), hashes: fc.array(hash, { maxLength: 5 }) }),
  fc.record({ kind: fc.constant('want_transactions' as const), hashes: fc.array(hash, { maxLength: 5 }) }),
  fc.record({ kind: fc.constant('evidence' as const), evidence: bytes(EVIDENCE_ITEM_BYTES_MAX) }),
  fc.record({ kind: fc.constant('tip' as const), height, certificate: fc.option(bytes(100)) }),
  fc.record({
    kind: fc.constant('consensus' as const),
    message: fc.record({
      kind: fc.constant('votes' as const),
      votes: fc.array(
        fc.record({
          type: fc.constantFrom('prevote' as const, 'precommit' as const),
          height,
          round: fc.integer({ min: 0, max: 1_000 }),
          blockHash: fc.option(hash),
          polRound: fc.option(fc.integer({ min: 0, max: 1_000 })),
          validator: fc.integer({ min: 0, max: 63 }),
          signature,
        }),
        { maxLength: 4 },
      ),
    }),
  }),
);

const fits = (frame: PeerFrame): boolean => {
  try {
    return decodeFrame(encodeFrame(frame)).kind === frame.kind;
  } catch (error) {
    if (error instanceof CodecError) return false;
    throw error;
  }
};

describe('a frame', () => {
  it('comes back as it went, and its bytes are the only ones for it', () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        const encoded = encodeFrame(frame);
        expect(decodeFrame(encoded)).toEqual(frame);
        expect(encodeFrame(decodeFrame(encoded))).toEqual(encoded);
      }),
      { numRuns: 300 },
    );
  });

  it('is refused with a coded error when its bytes are damaged, and never read as another value of its bytes', () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(), fc.integer({ min: 1, max: 255 }), (frame, at, by) => {
        const encoded = encodeFrame(frame);
        encoded[at % encoded.length] = (encoded[at % encoded.length] ?? 0) ^ by;
        try {
          expect(encodeFrame(decodeFrame(encoded))).toEqual(encoded);
        } catch (error) {
          expect(error).toBeInstanceOf(CodecError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('holds the largest block with the largest certificate, and no byte more of either', () => {
    const decided = (body: number, certificate: number): PeerFrame => ({
      kind: 'decided',
      height: SAFE_UINT_MAX,
      body: new Uint8Array(body),
      certificate: new Uint8Array(certificate),
    });
    expect(encodeFrame(decided(BLOCK_BYTES_MAX, CERTIFICATE_BYTES_MAX)).length).toBeLessThanOrEqual(
      FRAME_BYTES_MAX,
    );
    expect(fits(decided(BLOCK_BYTES_MAX, CERTIFICATE_BYTES_MAX))).toBe(true);
    expect(fits(decided(BLOCK_BYTES_MAX + 1, 0))).toBe(false);
    expect(fits(decided(0, CERTIFICATE_BYTES_MAX + 1))).toBe(false);
    expect(fits({ kind: 'block', body: new Uint8Array(BLOCK_BYTES_MAX) })).toBe(true);
    expect(fits({ kind: 'block', body: new Uint8Array(BLOCK_BYTES_MAX + 1) })).toBe(false);
  });

  it('holds transactions up to each of their limits', () => {
    const many = (count: number, size: number): PeerFrame => ({
      kind: 'transactions',
      hops: 1,
      bornMs: 0,
      transactions: Array.from({ length: count }, () => new Uint8Array(size)),
    });
    expect(fits(many(FRAME_TRANSACTIONS_MAX, 1))).toBe(true);
    expect(fits(many(FRAME_TRANSACTIONS_MAX + 1, 1))).toBe(false);
    expect(FRAME_TRANSACTION_BYTES_MAX).toBe(4 * TRANSACTION_BYTES_MAX);
    expect(fits(many(4, TRANSACTION_BYTES_MAX))).toBe(true);
    expect(fits(many(1, TRANSACTION_BYTES_MAX + 1))).toBe(false);
    const oneMore = {
      kind: 'transactions' as const,
      hops: 1,
      bornMs: 0,
      transactions: [...Array(4).fill(new Uint8Array(TRANSACTION_BYTES_MAX)), new Uint8Array(1)],
    };
    expect(fits(oneMore)).toBe(false);
    expect(fits({ ...many(1, 1), hops: 0 } as PeerFrame)).toBe(false);
  });

  it.each(['have_transactions', 'want_transactions'] as const)(
    '%s holds hashes up to their limit',
    (kind) => {
      const one = hashFromBytes(new Uint8Array(32));
      expect(fits({ kind, hashes: Array(FRAME_HASHES_MAX).fill(one) })).toBe(true);
      expect(fits({ kind, hashes: Array(FRAME_HASHES_MAX + 1).fill(one) })).toBe(false);
    },
  );

  it('asks for at least one block and at most as many as the limit', () => {
    const ask = (from: number, to: number): PeerFrame => ({ kind: 'request_decided', from, to });
    expect(fits(ask(5, 5))).toBe(true);
    expect(fits(ask(5, 4))).toBe(false);
    expect(fits(ask(1, DECIDED_RANGE_MAX))).toBe(true);
    expect(fits(ask(1, DECIDED_RANGE_MAX + 1))).toBe(false);
  });

  it('is refused by its size before it is read', () => {
    expect(() => decodeFrame(new Uint8Array(FRAME_BYTES_MAX + 1))).toThrowError(
      expect.objectContaining({ code: 'CBOR_TOO_LARGE' }),
    );
  });
});

describe('what goes around frames', () => {
  it('numbers the largest frame within one socket message of a mebibyte', () => {
    const message = { seq: SAFE_UINT_MAX, ack: SAFE_UINT_MAX, frame: new Uint8Array(FRAME_BYTES_MAX) };
    const encoded = encodeSessionMessage(message);
    expect(encoded.length).toBeLessThanOrEqual(SESSION_MESSAGE_BYTES_MAX);
    expect(SESSION_MESSAGE_BYTES_MAX).toBeLessThanOrEqual(1_048_576);
    expect(decodeSessionMessage(encoded)).toEqual(message);
    expect(() => decodeSessionMessage(new Uint8Array(SESSION_MESSAGE_BYTES_MAX + 1))).toThrow(CodecError);
  });

  it('puts the largest frame in a request, and between one and the limit of frames', () => {
    const largest = encodeBatch([new Uint8Array(FRAME_BYTES_MAX)]);
    expect(largest.length).toBeLessThanOrEqual(BATCH_BYTES_MAX);
    expect(largest.length - FRAME_BYTES_MAX).toBeLessThanOrEqual(2 * BATCH_FRAME_HEAD_BYTES);
    const frames = Array.from({ length: BATCH_FRAMES_MAX }, (_, index) => Uint8Array.of(index));
    expect(decodeBatch(encodeBatch(frames))).toEqual(frames);
    expect(() => encodeBatch([...frames, Uint8Array.of(0)])).toThrow(CodecError);
    expect(() => decodeBatch(encodeBatch([]))).toThrow(CodecError);
  });
});
