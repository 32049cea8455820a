/**
 * @module The peer record: what a node says of itself, signed by its key, and by the validator's key that it speaks for.
 * Source: docs/spec/network.md.
 */
import {
  bytes,
  bytesUpTo,
  consensusKeyCodec,
  decode,
  encode,
  list,
  nullable,
  text,
  tuple,
  uint,
  type ValueOf,
} from '../../protocol/codec/codec.ts';
import { signBytes } from '../../protocol/crypto/domains.ts';
import { sha256Hex } from '../../protocol/crypto/hashing.ts';
import { SIGNATURE_BYTES, type Signer, type Verifier } from '../../protocol/crypto/verifier.ts';
import type { ConsensusKey, HashHex } from '../../protocol/primitives/brand.ts';
import { consensusKeyFromBytes, consensusKeyToBytes } from '../../protocol/primitives/consensus-key.ts';
import { ZERO_HASH } from '../../protocol/primitives/hash.ts';
import { PEER_URL_LENGTH_MAX, peerUrl } from './peer-address.ts';

/** Bytes of a node's name in UTF-8; the setting NODE_NAME takes no more. */
export const NODE_NAME_BYTES_MAX = 64;
/** Capabilities that one record may name. */
export const CAPABILITIES_MAX = 16;
/** Bytes of a signed record: two keys, two signatures, a URL, a name and capabilities, rounded up. */
export const PEER_RECORD_BYTES_MAX = 1_024;
/** How long a record counts; a node makes a new one long before. */
export const PEER_RECORD_TTL_MS = 7 * 24 * 3_600_000;

/** Letters that are safe in logs, tables and terminals. */
const NAME = /^[\w .-]{1,64}$/;
/** A capability: what a node's software can do for a peer. */
const CAPABILITY = /^[a-z][a-z0-9-]{0,23}$/;

const recordCodec = tuple({
  nodeKey: consensusKeyCodec,
  /** Base URL as `peerUrl` writes it. Empty: the node has left the network. */
  url: text({ max: PEER_URL_LENGTH_MAX }),
  /** Milliseconds of the clock when it was made: a record replaces those with a lower one. */
  seq: uint(),
  expiresMs: uint(),
  name: text({ max: NODE_NAME_BYTES_MAX, pattern: NAME }),
  /** Version of the protocol. */
  version: uint(),
  capabilities: list(text({ max: 24, pattern: CAPABILITY }), CAPABILITIES_MAX),
  consensusKey: nullable(consensusKeyCodec),
});
const signedCodec = tuple({
  record: recordCodec,
  signature: bytes(SIGNATURE_BYTES),
  /** Of the consensus key over the same bytes; empty where that is the node key, or none. */
  consensusSignature: bytesUpTo(SIGNATURE_BYTES),
});

/** CBOR([node_key, url, seq, expires_ms, name, version, [capability, ...], consensus_key|null]). */
export type PeerRecord = ValueOf<typeof recordCodec>;
/** A record with its signatures. */
export type SignedPeerRecord = ValueOf<typeof signedCodec>;

/** The id of a node: 0x and SHA-256 of its key, so that nobody can take another's. */
export function nodeIdOf(nodeKey: ConsensusKey): HashHex {
  return sha256Hex(consensusKeyToBytes(nodeKey));
}

/** Signs a record: canonical bytes of it with both signatures. The signers must be those that the record names. */
export function sealPeerRecord(
  record: PeerRecord,
  node: Signer,
  consensus: Signer | null,
): Uint8Array<ArrayBuffer> {
  const message = recordSignBytes(record);
  const isOwnKey = consensus === null || keyOf(consensus) === keyOf(node);
  return encode(signedCodec, {
    record,
    signature: node.sign(message),
    consensusSignature: isOwnKey ? new Uint8Array() : consensus.sign(message),
  });
}

/** Reads a signed record; says nothing about its truth. Throws CodecError. */
export function decodePeerRecord(encoded: Uint8Array): SignedPeerRecord {
  return decode(signedCodec, encoded, PEER_RECORD_BYTES_MAX);
}

/** True when every key that the record names has signed it, and its URL, if any, is in its only form. */
export function isPeerRecordTrue(signed: SignedPeerRecord, verifier: Verifier): boolean {
  const { record, signature, consensusSignature } = signed;
  if (record.url !== '' && peerUrl(record.url) !== record.url) return false;
  const message = recordSignBytes(record);
  if (!verifier.verify(consensusKeyToBytes(record.nodeKey), message, signature)) return false;
  if (record.consensusKey === null || record.consensusKey === record.nodeKey) {
    return consensusSignature.length === 0;
  }
  return verifier.verify(consensusKeyToBytes(record.consensusKey), message, consensusSignature);
}

function recordSignBytes(record: PeerRecord): Uint8Array {
  return signBytes('peer-record', ZERO_HASH, encode(recordCodec, record));
}

function keyOf(signer: Signer): ConsensusKey {
  return consensusKeyFromBytes(signer.publicKey);
}
