/**
 * @module Proof that a validator signed two different messages for one position. It stands alone: the key, both
 * contents and both signatures are inside, so anyone with the genesis hash can check it.
 */
import {
  bytes,
  type Codec,
  choice,
  consensusKeyCodec,
  decode,
  encode,
  hashCodec,
  nullable,
  tuple,
  uint,
} from '../codec/codec.ts';
import { SIGNATURE_BYTES, type Verifier } from '../crypto/verifier.ts';
import { assert } from '../primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../primitives/brand.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import { ROUND_MAX } from '../primitives/limits.ts';
import { precommitSignBytes, prevoteSignBytes, proposalSignBytes } from './vote.ts';

/** What can be signed once per height and round; the numbers are the order within a round. */
export const SIGNED_STEPS = { proposal: 0, prevote: 1, precommit: 2 } as const;
export type SignedStep = keyof typeof SIGNED_STEPS;

/** One of the two contents, with the signature over it. `polRound` is null for precommits. */
export interface SignedContent {
  readonly blockHash: HashHex | null;
  readonly polRound: number | null;
  readonly signature: Uint8Array;
}

/** Two contents for one position. `first` sorts before `second`, so that one offence has one encoding. */
export interface Evidence {
  readonly step: SignedStep;
  readonly height: number;
  readonly round: number;
  readonly validator: ConsensusKey;
  readonly first: SignedContent;
  readonly second: SignedContent;
}

/** Bytes of one encoded item: two contents of about 110 bytes and the position. */
export const EVIDENCE_ITEM_BYTES_MAX = 512;

const contentCodec: Codec<SignedContent> = tuple({
  blockHash: nullable(hashCodec),
  polRound: nullable(uint(ROUND_MAX)),
  signature: bytes(SIGNATURE_BYTES),
});

/** CBOR([step, height, round, key, [hash|null, pol_round|null, signature], [...]]). */
export const evidenceItemCodec: Codec<Evidence> = tuple({
  step: choice(SIGNED_STEPS),
  height: uint(),
  round: uint(ROUND_MAX),
  validator: consensusKeyCodec,
  first: contentCodec,
  second: contentCodec,
});

/** Canonical bytes of one item. */
export function encodeEvidence(evidence: Evidence): Uint8Array {
  return encode(evidenceItemCodec, evidence);
}

/** Inverse of `encodeEvidence`; says nothing about its truth. Throws CodecError. */
export function decodeEvidence(encoded: Uint8Array): Evidence {
  return decode(evidenceItemCodec, encoded, EVIDENCE_ITEM_BYTES_MAX);
}

/** The item for two different contents, in their order. */
export function makeEvidence(
  position: Pick<Evidence, 'step' | 'height' | 'round' | 'validator'>,
  one: SignedContent,
  other: SignedContent,
): Evidence {
  const order = compareContents(one, other);
  assert(order !== 0, 'evidence is made of two different contents');
  const { step, height, round, validator } = position;
  const [first, second] = order < 0 ? [one, other] : [other, one];
  return { step, height, round, validator, first, second };
}

/**
 * True when the validator signed both contents and they differ, in their order. Membership and age are for the
 * caller, who knows the sets of the past.
 */
export function isEvidenceTrue(evidence: Evidence, genesisHash: HashHex, verifier: Verifier): boolean {
  if (compareContents(evidence.first, evidence.second) >= 0) return false;
  const key = consensusKeyToBytes(evidence.validator);
  return [evidence.first, evidence.second].every((content) => {
    const message = contentBytes(evidence, content, genesisHash);
    return message !== null && verifier.verify(key, message, content.signature);
  });
}

/** The signed bytes of one content, or null where no such message exists. */
function contentBytes(evidence: Evidence, content: SignedContent, genesisHash: HashHex): Uint8Array | null {
  const { height, round, step } = evidence;
  const { blockHash, polRound } = content;
  switch (step) {
    case 'proposal':
      return blockHash === null
        ? null
        : proposalSignBytes(genesisHash, { height, round, blockHash, polRound });
    case 'prevote':
      return prevoteSignBytes(genesisHash, { height, round, blockHash, polRound });
    case 'precommit':
      return polRound === null ? precommitSignBytes(genesisHash, { height, round, blockHash }) : null;
  }
}

/** No block before any block, hashes as text, then no pol_round before any. */
function compareContents(left: SignedContent, right: SignedContent): number {
  const [leftHash, rightHash] = [left.blockHash ?? '', right.blockHash ?? ''];
  if (leftHash !== rightHash) return leftHash < rightHash ? -1 : 1;
  return (left.polRound ?? -1) - (right.polRound ?? -1);
}
