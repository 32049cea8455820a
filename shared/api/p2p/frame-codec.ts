/** @module Frames between the nodes of a chain as bytes: CBOR([kind, content]). Source: docs/spec/network.md. */
import {
  bytesUpTo,
  type CborValue,
  type Codec,
  decode,
  encode,
  hashCodec,
  list,
  mapped,
  nullable,
  tuple,
  uint,
} from '../../protocol/codec/codec.ts';
import { schemaError } from '../../protocol/codec/codec-error.ts';
import { decodeMessage, encodeMessage, MESSAGE_BYTES_MAX } from '../../protocol/consensus/message-codec.ts';
import {
  BLOCK_BYTES_MAX,
  CERTIFICATE_BYTES_MAX,
  TRANSACTION_BYTES_MAX,
} from '../../protocol/primitives/limits.ts';
import { EVIDENCE_ITEM_BYTES_MAX } from '../../protocol/votes/evidence.ts';
import type { PeerFrame, PeerFrameKind } from './frame.ts';

/** Bytes of one frame: the largest block, its certificate and what stands around them; below the 1 MiB of a socket message. */
export const FRAME_BYTES_MAX = BLOCK_BYTES_MAX + CERTIFICATE_BYTES_MAX + 64;
/** Transactions in one frame: a bound on the work of one event. */
export const FRAME_TRANSACTIONS_MAX = 1_000;
/** Bytes of all transactions in one frame: a quarter of a block. */
export const FRAME_TRANSACTION_BYTES_MAX = 262_144;
/** Hashes in one frame: as many as there are transactions in one. */
export const FRAME_HASHES_MAX = 1_000;
/** Decided blocks that one frame may ask for. */
export const DECIDED_RANGE_MAX = 64;

/** The first byte of a frame: a CBOR array of 2. */
const FRAME_HEAD = 0x82;
/** Code of each kind on the wire: one byte as CBOR has it, which all numbers below 24 are. */
const KINDS: readonly PeerFrameKind[] = [
  'consensus',
  'block',
  'request_block',
  'decided',
  'request_decided',
  'transactions',
  'evidence',
  'tip',
  'have_transactions',
  'want_transactions',
];

type Content<Kind extends PeerFrameKind> = Omit<Extract<PeerFrame, { kind: Kind }>, 'kind'>;

const certificate = bytesUpTo(CERTIFICATE_BYTES_MAX);
const heights = tuple({ from: uint(), to: uint() });
const hashes = list(hashCodec, FRAME_HASHES_MAX);
const transactionBytes = list(bytesUpTo(TRANSACTION_BYTES_MAX), FRAME_TRANSACTIONS_MAX);

const contents: { readonly [Kind in PeerFrameKind]: Codec<Content<Kind>> } = {
  consensus: tuple({ message: mapped(bytesUpTo(MESSAGE_BYTES_MAX), decodeMessage, encodeMessage) }),
  block: tuple({ body: bytesUpTo(BLOCK_BYTES_MAX) }),
  request_block: tuple({ hash: hashCodec }),
  decided: tuple({ height: uint(), body: bytesUpTo(BLOCK_BYTES_MAX), certificate }),
  request_decided: checked(
    heights,
    ({ from, to }) => from <= to && to - from < DECIDED_RANGE_MAX,
    `a range of 1 to ${DECIDED_RANGE_MAX} heights`,
  ),
  transactions: checked(
    tuple({ hops: uint(), bornMs: uint(), transactions: transactionBytes }),
    ({ hops, transactions }) => hops >= 1 && totalBytes(transactions) <= FRAME_TRANSACTION_BYTES_MAX,
    `at least one hop and at most ${FRAME_TRANSACTION_BYTES_MAX} bytes of transactions`,
  ),
  evidence: tuple({ evidence: bytesUpTo(EVIDENCE_ITEM_BYTES_MAX) }),
  tip: tuple({ height: uint(), certificate: nullable(certificate) }),
  have_transactions: tuple({ hashes }),
  want_transactions: tuple({ hashes }),
};

const frameCodec: Codec<PeerFrame> = {
  toCbor(frame) {
    const codec = contents[frame.kind] as Codec<PeerFrame>;
    return [KINDS.indexOf(frame.kind), codec.toCbor(frame)];
  },
  fromCbor(value, path) {
    if (!Array.isArray(value) || value.length !== 2) throw schemaError(path, 'an array of 2');
    const [code, content] = value as [CborValue, CborValue];
    const kind = typeof code === 'number' ? KINDS[code] : undefined;
    if (kind === undefined) throw schemaError(path, 'the code of a frame');
    return { kind, ...contents[kind].fromCbor(content, kind) } as PeerFrame;
  },
};

/** A codec that takes only values for which `fits` holds, in both directions. */
function checked<T>(codec: Codec<T>, fits: (value: T) => boolean, expected: string): Codec<T> {
  const check = (value: T, path: string): T => {
    if (fits(value)) return value;
    throw schemaError(path, expected);
  };
  return {
    toCbor: (value) => codec.toCbor(check(value, '')),
    fromCbor: (value, path) => check(codec.fromCbor(value, path), path),
  };
}

function totalBytes(items: readonly Uint8Array[]): number {
  return items.reduce((sum, { length }) => sum + length, 0);
}

/** The kind that encoded bytes say they are, by their first two: it costs nothing to ask. Null for none there is. */
export function frameKindOf(encoded: Uint8Array): PeerFrameKind | null {
  const [head, kind] = encoded;
  return head === FRAME_HEAD && kind !== undefined ? (KINDS[kind] ?? null) : null;
}

/** Canonical bytes of a frame. Throws CodecError for one beyond its limits. */
export function encodeFrame(frame: PeerFrame): Uint8Array<ArrayBuffer> {
  return encode(frameCodec, frame);
}

/** Inverse of `encodeFrame`; checks form and size, no signature. Throws CodecError. */
export function decodeFrame(encoded: Uint8Array): PeerFrame {
  return decode(frameCodec, encoded, FRAME_BYTES_MAX);
}
