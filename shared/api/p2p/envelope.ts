/**
 * @module The signed envelope: who speaks to whom, on which chain, when. It opens a link and carries each request.
 * Source: docs/spec/network.md.
 */
import {
  bytes,
  choice,
  consensusKeyCodec,
  decode,
  encode,
  hashCodec,
  nullable,
  text,
  tuple,
  uint,
  type ValueOf,
} from '../../protocol/codec/codec.ts';
import { signBytes } from '../../protocol/crypto/domains.ts';
import { sha256Hex } from '../../protocol/crypto/hashing.ts';
import { SIGNATURE_BYTES, type Signer, type Verifier } from '../../protocol/crypto/verifier.ts';
import type { HashHex } from '../../protocol/primitives/brand.ts';
import { concatBytes, fromHex, toHex } from '../../protocol/primitives/bytes.ts';
import { CHAIN_ID_LENGTH_MAX, CHAIN_ID_PATTERN } from '../../protocol/primitives/chain-id.ts';
import { consensusKeyToBytes } from '../../protocol/primitives/consensus-key.ts';
import { ProtocolError } from '../../protocol/primitives/errors.ts';

/** Where a node takes links and requests of its peers; the query names the chain as `chain_id`. */
export const P2P_PATHS = {
  consensus: '/p2p/consensus',
  frames: '/p2p/frames',
  blocks: '/p2p/blocks',
} as const;
/** Carries the signed envelope as 0x-hex, in requests and in the answer to an upgrade. */
export const ENVELOPE_HEADER = 'x-atoll-envelope';
/** How far the time of an envelope may be from the receiver's, either way. */
export const ENVELOPE_WINDOW_MS = 30_000;
/** Bytes of a nonce: a challenge nobody guesses or meets twice. */
export const NONCE_BYTES = 16;
/** Bytes of a signed envelope: two keys, a hash and a signature with a chain id, rounded up. */
export const ENVELOPE_BYTES_MAX = 320;

/** What an envelope is for; one made for a channel counts on no other. Those from join on are between nodes, of no chain. */
const CHANNELS = {
  dial: 1,
  hello: 2,
  confirm: 3,
  frames: 4,
  blocks: 5,
  join: 6,
  leave: 7,
  sync: 8,
  broadcast: 9,
  answer: 10,
} as const;

const envelopeCodec = tuple({
  from: consensusKeyCodec,
  to: consensusKeyCodec,
  /** Null: between nodes, about no one chain. */
  chain: nullable(text({ max: CHAIN_ID_LENGTH_MAX, pattern: CHAIN_ID_PATTERN })),
  channel: choice(CHANNELS),
  nonce: bytes(NONCE_BYTES),
  timeMs: uint(),
  bodyHash: hashCodec,
});
const signedCodec = tuple({ envelope: envelopeCodec, signature: bytes(SIGNATURE_BYTES) });

/** CBOR([from, to, chain|null, channel, nonce, time_ms, body_hash]). `bodyHash` is of the body, or of what is answered. */
export type Envelope = ValueOf<typeof envelopeCodec>;
/** An envelope about one chain. */
export type ChainEnvelope = Envelope & { readonly chain: string };
/** An envelope with its signature. */
export type SignedEnvelope = ValueOf<typeof signedCodec>;

/** Hash of no body: the envelope of a dial. */
export const EMPTY_BODY_HASH: HashHex = sha256Hex(new Uint8Array());

/** What the answers of a handshake sign: both challenges, the dialler's first. */
export function challengeHash(dialNonce: Uint8Array, helloNonce: Uint8Array): HashHex {
  return sha256Hex(concatBytes(dialNonce, helloNonce));
}

/** Signs an envelope within a scope, the genesis hash of its chain or ZERO_HASH for none: canonical bytes of both. */
export function sealEnvelope(envelope: Envelope, scope: HashHex, signer: Signer): Uint8Array<ArrayBuffer> {
  return encode(signedCodec, { envelope, signature: signer.sign(envelopeSignBytes(envelope, scope)) });
}

/** Reads a signed envelope; says nothing about its truth. Throws CodecError. */
export function decodeEnvelope(encoded: Uint8Array): SignedEnvelope {
  return decode(signedCodec, encoded, ENVELOPE_BYTES_MAX);
}

/** True when the sender that it names signed the envelope within this scope. */
export function isEnvelopeTrue(signed: SignedEnvelope, scope: HashHex, verifier: Verifier): boolean {
  const { envelope, signature } = signed;
  return verifier.verify(consensusKeyToBytes(envelope.from), envelopeSignBytes(envelope, scope), signature);
}

/** True while the envelope's time is within the window around `nowMs`. */
export function isTimely(envelope: Envelope, nowMs: number): boolean {
  return Math.abs(nowMs - envelope.timeMs) <= ENVELOPE_WINDOW_MS;
}

/** The header's text of a sealed envelope. */
export function envelopeToHeader(sealed: Uint8Array): string {
  return toHex(sealed);
}

/** Inverse of `envelopeToHeader`; its length is checked first. Null for no header or one that is no envelope. */
export function envelopeFromHeader(header: string | null): SignedEnvelope | null {
  if (header === null || header.length > 2 + 2 * ENVELOPE_BYTES_MAX) return null;
  try {
    return decodeEnvelope(fromHex(header));
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}

function envelopeSignBytes(envelope: Envelope, scope: HashHex): Uint8Array {
  return signBytes('envelope', scope, encode(envelopeCodec, envelope));
}
