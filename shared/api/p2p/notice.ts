/**
 * @module What nodes tell all others: a peer has left, is dead, or a beacon. The content decides the id, so that what many
 * say at once is told once. Source: docs/spec/network.md.
 */
import {
  bytes,
  bytesUpTo,
  type CborValue,
  type Codec,
  decode,
  encode,
  hashCodec,
  tuple,
  uint,
} from '../../protocol/codec/codec.ts';
import { schemaError } from '../../protocol/codec/codec-error.ts';
import { sha256Hex } from '../../protocol/crypto/hashing.ts';
import type { HashHex } from '../../protocol/primitives/brand.ts';
import { NONCE_BYTES } from './envelope.ts';
import { PEER_RECORD_BYTES_MAX } from './peer-record.ts';

/** Bytes of an encoded notice: the longest holds a peer record. */
export const NOTICE_BYTES_MAX = PEER_RECORD_BYTES_MAX + 16;
/** How old a notice may be, by the time that its origin signed. */
export const NOTICE_AGE_MS_MAX = 600_000;
/** Times that a notice is passed on: fan-out to this power is far above the nodes of any network. */
export const NOTICE_HOPS_MAX = 8;
/** Nodes that a notice lists as having seen it; it goes to none of them. */
export const NOTICE_SEEN_MAX = 64;

/** One notice. */
export type Notice =
  /** Signed by the one who leaves: its record without a URL. */
  | { readonly kind: 'leave'; readonly record: Uint8Array }
  /** Somebody could not reach the peer whose record has this `seq`; each receiver looks for itself. */
  | { readonly kind: 'dead_peer'; readonly nodeId: HashHex; readonly seq: number }
  /** Tells nothing: where it arrives, and when, shows how notices spread. */
  | { readonly kind: 'beacon'; readonly nonce: Uint8Array };

/** Name of a kind of notice. */
export type NoticeKind = Notice['kind'];

/** Code of each kind on the wire. */
const KINDS: readonly NoticeKind[] = ['leave', 'dead_peer', 'beacon'];

const contents: Readonly<Record<NoticeKind, Codec<never>>> = {
  leave: tuple({ record: bytesUpTo(PEER_RECORD_BYTES_MAX) }) as Codec<never>,
  dead_peer: tuple({ nodeId: hashCodec, seq: uint() }) as Codec<never>,
  beacon: tuple({ nonce: bytes(NONCE_BYTES) }) as Codec<never>,
};

const noticeCodec: Codec<Notice> = {
  toCbor: (notice) => [KINDS.indexOf(notice.kind), contents[notice.kind].toCbor(notice as never)],
  fromCbor(value, path) {
    if (!Array.isArray(value) || value.length !== 2) throw schemaError(path, 'an array of 2');
    const [code, content] = value as [CborValue, CborValue];
    const kind = typeof code === 'number' ? KINDS[code] : undefined;
    if (kind === undefined) throw schemaError(path, 'the code of a notice');
    return { kind, ...(contents[kind].fromCbor(content, kind) as object) } as Notice;
  },
};

/** CBOR([kind, content]). */
export function encodeNotice(notice: Notice): Uint8Array<ArrayBuffer> {
  return encode(noticeCodec, notice);
}

/** Inverse of `encodeNotice`. Throws CodecError. */
export function decodeNotice(encoded: Uint8Array): Notice {
  return decode(noticeCodec, encoded, NOTICE_BYTES_MAX);
}

/** The id of a notice: SHA-256 of its bytes. */
export function noticeId(encoded: Uint8Array): HashHex {
  return sha256Hex(encoded);
}
