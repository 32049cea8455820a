/**
 * @module What goes over a link around the frames: numbered messages on a socket, and batches in requests. A frame is
 * encoded once and stands inside as a byte string, so that one block sent to many peers is one copy.
 */
import {
  bytesUpTo,
  decode,
  encode,
  list,
  nullable,
  tuple,
  uint,
  type ValueOf,
} from '../../protocol/codec/codec.ts';
import { CodecError } from '../../protocol/codec/codec-error.ts';
import { FRAME_BYTES_MAX } from './frame-codec.ts';

/** Bytes of one message on a socket: a frame, two numbers and two heads. */
export const SESSION_MESSAGE_BYTES_MAX = FRAME_BYTES_MAX + 32;
/** Frames in one request. */
export const BATCH_FRAMES_MAX = 64;
/** Bytes of the body of one request: the largest frame always fits. */
export const BATCH_BYTES_MAX = 1_048_576;
/** Bytes that a frame in a batch has beside its own: the head of a byte string. */
export const BATCH_FRAME_HEAD_BYTES = 5;

const messageCodec = tuple({
  /** 1 for the first message of a side, then one more each time. */
  seq: uint(),
  /** Highest number received from the other side. */
  ack: uint(),
  /** Null: this message only acknowledges. */
  frame: nullable(bytesUpTo(FRAME_BYTES_MAX)),
});
const batchCodec = list(bytesUpTo(FRAME_BYTES_MAX), BATCH_FRAMES_MAX);

/** One numbered message. */
export type SessionMessage = ValueOf<typeof messageCodec>;

/** CBOR([seq, ack, frame|null]). */
export function encodeSessionMessage(message: SessionMessage): Uint8Array<ArrayBuffer> {
  return encode(messageCodec, message);
}

/** Inverse of `encodeSessionMessage`. Throws CodecError. */
export function decodeSessionMessage(encoded: Uint8Array): SessionMessage {
  return decode(messageCodec, encoded, SESSION_MESSAGE_BYTES_MAX);
}

/** CBOR([frame, ...]): at least one. */
export function encodeBatch(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return encode(batchCodec, frames);
}

/** Inverse of `encodeBatch`. Throws CodecError. */
export function decodeBatch(encoded: Uint8Array): readonly Uint8Array[] {
  const frames = decode(batchCodec, encoded, BATCH_BYTES_MAX);
  if (frames.length > 0) return frames;
  throw new CodecError('CBOR_SCHEMA', 'a batch has at least one frame');
}
