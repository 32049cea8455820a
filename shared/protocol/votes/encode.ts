/** @module The commit certificate as bytes: CBOR([height, round, block_hash, bitmap, [signature, ...]]). */
import {
  bytes,
  bytesUpTo,
  type Codec,
  decode,
  encode,
  hashCodec,
  list,
  tuple,
  uint,
} from '../codec/codec.ts';
import { SIGNATURE_BYTES } from '../crypto/verifier.ts';
import { CERTIFICATE_BYTES_MAX, ROUND_MAX, VALIDATORS_MAX } from '../primitives/limits.ts';
import type { CommitCertificate } from './commit-certificate.ts';

/** Source: docs/spec/blocks.md. */
export const certificateCodec: Codec<CommitCertificate> = tuple({
  height: uint(),
  round: uint(ROUND_MAX),
  blockHash: hashCodec,
  bitmap: bytesUpTo(Math.ceil(VALIDATORS_MAX / 8)),
  signatures: list(bytes(SIGNATURE_BYTES), VALIDATORS_MAX),
});

/** Canonical bytes of a certificate. */
export function encodeCertificate(certificate: CommitCertificate): Uint8Array {
  return encode(certificateCodec, certificate);
}

/** Inverse of `encodeCertificate`; says nothing about its validity. Throws CodecError. */
export function decodeCertificate(encoded: Uint8Array): CommitCertificate {
  return decode(certificateCodec, encoded, CERTIFICATE_BYTES_MAX);
}
