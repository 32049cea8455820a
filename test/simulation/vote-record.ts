/** @module The votes of one height as they were signed, read back from the bytes and not from what the machine says. */
import { decode, hashCodec, nullable, tuple, uint } from '../../shared/protocol/codec/codec.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';

const round = uint();
const prevoteBody = tuple({
  height: uint(),
  round,
  blockHash: nullable(hashCodec),
  polRound: nullable(round),
});
const precommitBody = tuple({ height: uint(), round, blockHash: nullable(hashCodec) });
/** Bytes of the scope. */
const SCOPE = 32;
const PREVOTE_AT = 'atoll/prevote/v1\0'.length + SCOPE;
const PRECOMMIT_AT = 'atoll/precommit/v1\0'.length + SCOPE;
const BODY_BYTES_MAX = 256;

/** A signed vote; `polRound` belongs to prevotes. */
export interface RecordedVote {
  readonly type: 'prevote' | 'precommit';
  readonly height: number;
  readonly round: number;
  readonly blockHash: HashHex | null;
  readonly polRound: number | null;
}

/** The vote in signed bytes. */
export function voteIn(type: RecordedVote['type'], message: Uint8Array): RecordedVote {
  if (type === 'prevote')
    return { type, ...decode(prevoteBody, message.subarray(PREVOTE_AT), BODY_BYTES_MAX) };
  return {
    type,
    ...decode(precommitBody, message.subarray(PRECOMMIT_AT), BODY_BYTES_MAX),
    polRound: null,
  };
}

export class VoteRecord {
  /** By `round/hash`: who prevoted it. */
  readonly #prevoters = new Map<string, Set<ConsensusKey>>();
  /** By index of a node: its precommits for blocks, oldest first. Twins share a key and not this. */
  readonly #precommits = new Map<number, RecordedVote[]>();

  add(node: number, key: ConsensusKey, vote: RecordedVote): void {
    if (vote.type === 'precommit') {
      if (vote.blockHash === null) return;
      const own = this.#precommits.get(node);
      if (own === undefined) this.#precommits.set(node, [vote]);
      else own.push(vote);
      return;
    }
    const id = `${vote.round}/${vote.blockHash}`;
    const voters = this.#prevoters.get(id);
    if (voters === undefined) this.#prevoters.set(id, new Set([key]));
    else voters.add(key);
  }

  /** Who prevoted a block in a round. */
  prevoters(inRound: number, blockHash: HashHex): Iterable<ConsensusKey> {
    return this.#prevoters.get(`${inRound}/${blockHash}`) ?? [];
  }

  /** The last precommit for a block that a node signed below a round: what it is locked on. */
  lockBelow(node: number, below: number): RecordedVote | undefined {
    return this.#precommits.get(node)?.findLast((vote) => vote.round < below);
  }
}
