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

interface Latest {
  readonly genesisHash: HashHex;
  readonly vote: Prevote;
  readonly bytes: Uint8Array;
}

// All validators of a step sign the same bytes, mostly one after the other. Nobody changes what he is given.
let latestPrecommit: Latest | null = null;
let latestPrevote: Latest | null = null;

/** Sign bytes of [height, round, block_hash|null] in the role `precommit`. Not to be changed. */
export function precommitSignBytes(
  genesisHash: HashHex,
  { height, round, blockHash }: Precommit,
): Uint8Array {
  const vote = { height, round, blockHash, polRound: null };
  if (latestPrecommit !== null && isOf(latestPrecommit, genesisHash, vote)) return latestPrecommit.bytes;
  const bytes = signBytes('precommit', genesisHash, encode(precommitCodec, vote));
  latestPrecommit = { genesisHash, vote, bytes };
  return bytes;
}

/** Sign bytes of [height, round, block_hash|null, pol_round|null] in the role `prevote`. Not to be changed. */
export function prevoteSignBytes(
  genesisHash: HashHex,
  { height, round, blockHash, polRound }: Prevote,
): Uint8Array {
  const vote = { height, round, blockHash, polRound };
  if (latestPrevote !== null && isOf(latestPrevote, genesisHash, vote)) return latestPrevote.bytes;
  const bytes = signBytes('prevote', genesisHash, encode(prevoteCodec, vote));
  latestPrevote = { genesisHash, vote, bytes };
  return bytes;
}

function isOf(
  latest: Latest,
  genesisHash: HashHex,
  { height, round, blockHash, polRound }: Prevote,
): boolean {
  const { vote } = latest;
  return (
    vote.blockHash === blockHash &&
    vote.height === height &&
    vote.round === round &&
    vote.polRound === polRound &&
    latest.genesisHash === genesisHash
  );
}

/** Sign bytes of [height, round, block_hash, pol_round|null] in the role `proposal`. */
export function proposalSignBytes(genesisHash: HashHex, proposal: Proposal): Uint8Array {
  return signBytes('proposal', genesisHash, encode(proposalCodec, proposal));
}
