/**
 * @module The bytes that validators sign. Who signed travels outside, so all signers of one vote sign
 * identical bytes.
 */
import { encode, hashCodec, nullable, tuple, uint } from '../codec/codec.ts';
import { signBytes } from '../crypto/domains.ts';
import type { HashHex } from '../primitives/brand.ts';
import { ROUND_MAX } from '../primitives/limits.ts';

/** A block hash of null is a vote for no block. */
export interface Precommit {
  readonly height: number;
  readonly round: number;
  readonly blockHash: HashHex | null;
}

/** `polRound` is the round whose polka justifies the vote, or null. */
export interface Prevote extends Precommit {
  readonly polRound: number | null;
}

/** The time of a proposal is the one in the header of its block. */
export interface Proposal {
  readonly height: number;
  readonly round: number;
  readonly blockHash: HashHex;
  readonly polRound: number | null;
}

const round = uint(ROUND_MAX);
const precommitCodec = tuple({ height: uint(), round, blockHash: nullable(hashCodec) });
const prevoteCodec = tuple({
  height: uint(),
  round,
  blockHash: nullable(hashCodec),
  polRound: nullable(round),
});
const proposalCodec = tuple({ height: uint(), round, blockHash: hashCodec, polRound: nullable(round) });

/** Sign bytes of [height, round, block_hash|null] in the role `precommit`. */
export function precommitSignBytes(genesisHash: HashHex, vote: Precommit): Uint8Array {
  return signBytes('precommit', genesisHash, encode(precommitCodec, vote));
}

/** Sign bytes of [height, round, block_hash|null, pol_round|null] in the role `prevote`. */
export function prevoteSignBytes(genesisHash: HashHex, vote: Prevote): Uint8Array {
  return signBytes('prevote', genesisHash, encode(prevoteCodec, vote));
}

/** Sign bytes of [height, round, block_hash, pol_round|null] in the role `proposal`. */
export function proposalSignBytes(genesisHash: HashHex, proposal: Proposal): Uint8Array {
  return signBytes('proposal', genesisHash, encode(proposalCodec, proposal));
}
