/** @module A light block: a final header with its certificate and the set that signed it. Source: docs/spec/snapshots.md. */
import type { Header } from '../block/block.ts';
import { HEADER_BYTES_MAX, headerCodec } from '../block/encode.ts';
import { type Codec, decode, encode, tuple } from '../codec/codec.ts';
import { CERTIFICATE_BYTES_MAX, VALIDATORS_MAX } from '../primitives/limits.ts';
import { votingPowersCodec } from '../validators/hash.ts';
import type { VotingPower } from '../validators/voting-power.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { certificateCodec } from '../votes/encode.ts';

/** Bytes of an encoded light block: a header, a certificate, and a key, a number and their heads for each validator. */
export const LIGHT_BLOCK_BYTES_MAX = HEADER_BYTES_MAX + CERTIFICATE_BYTES_MAX + VALIDATORS_MAX * 48 + 16;

/** What shows that a header is final to whoever trusts the set, or enough of it. */
export interface LightBlock {
  readonly header: Header;
  readonly certificate: CommitCertificate;
  /** The set of the header's own height, ascending by key. */
  readonly validators: readonly VotingPower[];
}

/** CBOR([header, certificate, [[consensus_key, power], ...]]). */
export const lightBlockCodec: Codec<LightBlock> = tuple({
  header: headerCodec,
  certificate: certificateCodec,
  validators: votingPowersCodec,
});

/** Canonical bytes of a light block. */
export function encodeLightBlock(lightBlock: LightBlock): Uint8Array<ArrayBuffer> {
  return encode(lightBlockCodec, lightBlock);
}

/** Inverse of `encodeLightBlock`; says nothing about its truth. Throws CodecError. */
export function decodeLightBlock(encoded: Uint8Array): LightBlock {
  return decode(lightBlockCodec, encoded, LIGHT_BLOCK_BYTES_MAX);
}
