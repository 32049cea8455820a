/** @module What travels between simulated nodes: bytes that must be decoded, as on a real link. */
import type { ConsensusMessage } from '../../shared/protocol/consensus/message.ts';
import { decodeMessage, encodeMessage } from '../../shared/protocol/consensus/message-codec.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { decodeCertificate } from '../../shared/protocol/votes/encode.ts';

/** A decided block as bytes. */
export interface DecidedBytes {
  readonly certificate: Uint8Array;
  readonly body: Uint8Array;
}

export type Frame =
  | { readonly kind: 'consensus'; readonly bytes: Uint8Array; readonly body: Uint8Array | null }
  | { readonly kind: 'get_block'; readonly hash: HashHex }
  | { readonly kind: 'block'; readonly bytes: Uint8Array }
  | { readonly kind: 'get_decided'; readonly height: number }
  | { readonly kind: 'decided'; readonly blocks: readonly DecidedBytes[] }
  | { readonly kind: 'transactions'; readonly transactions: readonly SignedTransaction[] }
  | { readonly kind: 'evidence'; readonly bytes: Uint8Array };

const decoded = new WeakMap<Uint8Array, ConsensusMessage>();

/** The frame of a message, with the body that goes with a proposal. */
export function frameOf(message: ConsensusMessage, body: Uint8Array | null = null): Frame {
  const bytes = encodeMessage(message);
  return { kind: 'consensus', bytes, body };
}

const certificates = new WeakMap<Uint8Array, CommitCertificate>();

/** The certificate in the bytes, decoded once, too. Throws CodecError. */
export function certificateIn(bytes: Uint8Array): CommitCertificate {
  let certificate = certificates.get(bytes);
  if (certificate === undefined) {
    certificate = decodeCertificate(bytes);
    certificates.set(bytes, certificate);
  }
  return certificate;
}

/** The message in the bytes. The same bytes object is decoded once, however many nodes get it. Throws CodecError. */
export function messageIn(bytes: Uint8Array): ConsensusMessage {
  let message = decoded.get(bytes);
  if (message === undefined) {
    message = decodeMessage(bytes);
    decoded.set(bytes, message);
  }
  return message;
}
