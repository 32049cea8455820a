/** @module Ranges of final blocks between nodes: what is asked and what is answered, as bytes. Source: docs/spec/network.md. */
import { bytesUpTo, decode, encode, list, tuple, uint, type ValueOf } from '../../protocol/codec/codec.ts';
import { CodecError } from '../../protocol/codec/codec-error.ts';
import type { CertifiedBytes } from '../../protocol/execution/linked-blocks.ts';
import { BLOCK_BYTES_MAX, CERTIFICATE_BYTES_MAX } from '../../protocol/primitives/limits.ts';

/** Heights that one request may ask for. */
export const RANGE_BLOCKS_MAX = 64;
/**
 * An answer is full with the block by which it reaches this many bytes: so what is short of both bounds, and of the head
 * of who answers, was cut on purpose.
 */
export const RANGE_BYTES_FULL = 500_000;
/** Bytes of a request: two heights. */
export const RANGE_REQUEST_BYTES_MAX = 24;
/** Bytes of an answer: all but full, then the largest block; each with its certificate and their heads. */
export const RANGE_ANSWER_BYTES_MAX =
  RANGE_BYTES_FULL + BLOCK_BYTES_MAX + RANGE_BLOCKS_MAX * (CERTIFICATE_BYTES_MAX + 16);

const requestCodec = tuple({ from: uint(), to: uint() });
const answerCodec = list(
  tuple({ body: bytesUpTo(BLOCK_BYTES_MAX), certificate: bytesUpTo(CERTIFICATE_BYTES_MAX) }),
  RANGE_BLOCKS_MAX,
);

/** CBOR([from, to]): the heights asked for, both included. */
export type BlocksRequest = ValueOf<typeof requestCodec>;

/** The bytes of a request. */
export function encodeBlocksRequest(request: BlocksRequest): Uint8Array<ArrayBuffer> {
  return encode(requestCodec, request);
}

/** Inverse of `encodeBlocksRequest`. Throws CodecError; a range has 1 to RANGE_BLOCKS_MAX heights from 1 on. */
export function decodeBlocksRequest(encoded: Uint8Array): BlocksRequest {
  const request = decode(requestCodec, encoded, RANGE_REQUEST_BYTES_MAX);
  const { from, to } = request;
  if (from >= 1 && from <= to && to - from < RANGE_BLOCKS_MAX) return request;
  throw new CodecError('CBOR_SCHEMA', `expected a range of 1 to ${RANGE_BLOCKS_MAX} heights`);
}

/** CBOR([[body, certificate], ...]), ascending from the first height asked for, without a gap. */
export function encodeBlocksAnswer(blocks: readonly CertifiedBytes[]): Uint8Array<ArrayBuffer> {
  return encode(answerCodec, blocks);
}

/** Inverse of `encodeBlocksAnswer`; what the bytes inside say is not looked at. Throws CodecError. */
export function decodeBlocksAnswer(encoded: Uint8Array): readonly CertifiedBytes[] {
  return decode(answerCodec, encoded, RANGE_ANSWER_BYTES_MAX);
}
