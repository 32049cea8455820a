/**
 * @module What must survive the loss of memory: one row. Votes of others are not in it, as they can be had again; locks
 * are, so that safety never depends on having them again.
 */
import {
  type Codec,
  choice,
  decode,
  encode,
  hashCodec,
  list,
  nullable,
  tuple,
  uint,
} from '../codec/codec.ts';
import type { HashHex } from '../primitives/brand.ts';
import { ROUND_MAX } from '../primitives/limits.ts';
import { type PolkaCertificate, type SignedProposal, type SignedVote, STEPS, type Step } from './message.ts';
import { polkaCertificateCodec, signedProposalCodec, signedVoteCodec } from './message-codec.ts';

/** A block and the round of the polka that this node saw for it. */
export interface RoundBlock {
  readonly round: number;
  readonly hash: HashHex;
}

export interface PersistentState {
  readonly height: number;
  readonly round: number;
  readonly step: Step;
  readonly locked: RoundBlock | null;
  readonly valid: RoundBlock | null;
  /** Polka of `valid`: needed to propose the block again and to free others from older locks. */
  readonly polka: PolkaCertificate | null;
  /** Own proposal of the current round. */
  readonly proposal: SignedProposal | null;
  /** Own votes of this height, newest last. */
  readonly votes: readonly SignedVote[];
  /** Blocks that this node voted for or may have to show. */
  readonly blocks: readonly HashHex[];
}

/** Own votes kept per height: two for each of sixteen rounds, further than a third of the power can lag behind. */
export const OWN_VOTES_MAX = 32;
/** Blocks kept per height: one per round of own votes, the valid one and the locked one. */
export const KEPT_BLOCKS_MAX = OWN_VOTES_MAX + 2;
/** Bytes of the encoded row: 32 votes of 120 bytes, a polka of 64 signatures, 34 hashes. */
export const PERSISTENT_STATE_BYTES_MAX = 16_384;

const roundBlockCodec: Codec<RoundBlock> = tuple({ round: uint(ROUND_MAX), hash: hashCodec });

/** Field order is that of {@link PersistentState}. */
export const persistentStateCodec: Codec<PersistentState> = tuple({
  height: uint(),
  round: uint(ROUND_MAX),
  step: choice(STEPS),
  locked: nullable(roundBlockCodec),
  valid: nullable(roundBlockCodec),
  polka: nullable(polkaCertificateCodec),
  proposal: nullable(signedProposalCodec),
  votes: list(signedVoteCodec, OWN_VOTES_MAX),
  blocks: list(hashCodec, KEPT_BLOCKS_MAX),
});

/** Canonical bytes of the row. */
export function encodePersistentState(record: PersistentState): Uint8Array {
  return encode(persistentStateCodec, record);
}

/** Inverse of `encodePersistentState`. Throws CodecError. */
export function decodePersistentState(encoded: Uint8Array): PersistentState {
  return decode(persistentStateCodec, encoded, PERSISTENT_STATE_BYTES_MAX);
}
