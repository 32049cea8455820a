/** @module What validators say to each other. Bytes are in `message-codec.ts`. Source: docs/spec/consensus.md. */
import type { HashHex } from '../primitives/brand.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import type { Proposal } from '../votes/vote.ts';

export const VOTE_TYPES = { prevote: 1, precommit: 2 } as const;
export type VoteType = keyof typeof VOTE_TYPES;

/** The proposer of the round signs it; the header of the block says when it was made. */
export interface SignedProposal extends Proposal {
  readonly signature: Uint8Array;
}

/** A block hash of null is a vote for no block; `polRound` belongs to prevotes only. */
export interface SignedVote {
  readonly type: VoteType;
  readonly height: number;
  readonly round: number;
  readonly blockHash: HashHex | null;
  readonly polRound: number | null;
  /** Index in the validator set of the height; not signed. */
  readonly validator: number;
  readonly signature: Uint8Array;
}

/** Prevotes of more than two thirds for one block in one round, all with the same `polRound`. */
export interface PolkaCertificate extends CommitCertificate {
  readonly polRound: number | null;
}

export const STEPS = { idle: 0, propose: 1, prevote: 2, precommit: 3, decided: 4 } as const;
/** `idle` waits for work, `decided` waits for the next height. */
export type Step = keyof typeof STEPS;

/** What its sender has and lacks. Unsigned: it is believed only as far as to choose what to send. */
export interface PeerState {
  readonly height: number;
  readonly round: number;
  readonly step: Step;
  readonly hasProposal: boolean;
  /** Bit i (most significant first) = the vote of validator i in this round is known. */
  readonly prevotes: Uint8Array;
  readonly precommits: Uint8Array;
  readonly validRound: number | null;
  /** Round of a polka that a known proposal refers to and that is not known. */
  readonly wantedPolka: number | null;
  /** Asks for the state of the receiver. */
  readonly wantsReply: boolean;
}

export type ConsensusMessage =
  | { readonly kind: 'proposal'; readonly proposal: SignedProposal }
  | { readonly kind: 'votes'; readonly votes: readonly SignedVote[] }
  | { readonly kind: 'polka'; readonly certificate: PolkaCertificate }
  | { readonly kind: 'commit'; readonly certificate: CommitCertificate }
  | { readonly kind: 'peer_state'; readonly peerState: PeerState };
