/** @module Consensus messages as bytes: CBOR([kind, content]). */
import {
  bytes,
  bytesUpTo,
  type CborValue,
  type Codec,
  choice,
  decode,
  encode,
  flag,
  hashCodec,
  list,
  nullable,
  tuple,
  uint,
} from '../codec/codec.ts';
import { schemaError } from '../codec/codec-error.ts';
import { SIGNATURE_BYTES } from '../crypto/verifier.ts';
import { ROUND_MAX, VALIDATORS_MAX } from '../primitives/limits.ts';
import { certificateCodec } from '../votes/encode.ts';
import {
  type ConsensusMessage,
  type PeerState,
  type PolkaCertificate,
  type SignedProposal,
  type SignedVote,
  STEPS,
  VOTE_TYPES,
} from './message.ts';

/** Votes in one message: both votes of every validator of the largest set. */
export const MESSAGE_VOTES_MAX = 2 * VALIDATORS_MAX;
/** Bytes of one message: 128 votes of about 120 bytes, rounded up. */
export const MESSAGE_BYTES_MAX = 20_480;

const BITMAP_BYTES_MAX = Math.ceil(VALIDATORS_MAX / 8);
const round = uint(ROUND_MAX);

/** CBOR([height, round, block_hash, pol_round|null, signature]). */
export const signedProposalCodec: Codec<SignedProposal> = tuple({
  height: uint(),
  round,
  blockHash: hashCodec,
  polRound: nullable(round),
  signature: bytes(SIGNATURE_BYTES),
});

/** CBOR([type, height, round, block_hash|null, pol_round|null, validator, signature]). */
export const signedVoteCodec: Codec<SignedVote> = tuple({
  type: choice(VOTE_TYPES),
  height: uint(),
  round,
  blockHash: nullable(hashCodec),
  polRound: nullable(round),
  validator: uint(VALIDATORS_MAX - 1),
  signature: bytes(SIGNATURE_BYTES),
});

/** A commit certificate with pol_round at its end. */
export const polkaCertificateCodec: Codec<PolkaCertificate> = tuple({
  height: uint(),
  round,
  blockHash: hashCodec,
  bitmap: bytesUpTo(BITMAP_BYTES_MAX),
  signatures: list(bytes(SIGNATURE_BYTES), VALIDATORS_MAX),
  polRound: nullable(round),
});

const peerStateCodec: Codec<PeerState> = tuple({
  height: uint(),
  round,
  step: choice(STEPS),
  hasProposal: flag(),
  prevotes: bytesUpTo(BITMAP_BYTES_MAX),
  precommits: bytesUpTo(BITMAP_BYTES_MAX),
  validRound: nullable(round),
  wantedPolka: nullable(round),
  wantsReply: flag(),
});

const votesCodec = list(signedVoteCodec, MESSAGE_VOTES_MAX);
const KINDS = ['proposal', 'votes', 'polka', 'commit', 'peer_state'] as const;

const messageCodec: Codec<ConsensusMessage> = {
  toCbor: (message) => [KINDS.indexOf(message.kind), contentToCbor(message)],
  fromCbor(value, path) {
    if (!Array.isArray(value) || value.length !== 2) throw schemaError(path, 'an array of 2');
    const [code, content] = value as [CborValue, CborValue];
    switch (typeof code === 'number' ? KINDS[code] : undefined) {
      case 'proposal':
        return { kind: 'proposal', proposal: signedProposalCodec.fromCbor(content, path) };
      case 'votes':
        return { kind: 'votes', votes: votesCodec.fromCbor(content, path) };
      case 'polka':
        return { kind: 'polka', certificate: polkaCertificateCodec.fromCbor(content, path) };
      case 'commit':
        return { kind: 'commit', certificate: certificateCodec.fromCbor(content, path) };
      case 'peer_state':
        return { kind: 'peer_state', peerState: peerStateCodec.fromCbor(content, path) };
      case undefined:
        throw schemaError(path, 'the code of a consensus message');
    }
  },
};

function contentToCbor(message: ConsensusMessage): CborValue {
  switch (message.kind) {
    case 'proposal':
      return signedProposalCodec.toCbor(message.proposal);
    case 'votes':
      return votesCodec.toCbor(message.votes);
    case 'polka':
      return polkaCertificateCodec.toCbor(message.certificate);
    case 'commit':
      return certificateCodec.toCbor(message.certificate);
    case 'peer_state':
      return peerStateCodec.toCbor(message.peerState);
  }
}

/** Canonical bytes of a message. */
export function encodeMessage(message: ConsensusMessage): Uint8Array {
  return encode(messageCodec, message);
}

/** Inverse of `encodeMessage`; checks no signature. Throws CodecError. */
export function decodeMessage(encoded: Uint8Array): ConsensusMessage {
  return decode(messageCodec, encoded, MESSAGE_BYTES_MAX);
}
