/** @module The whole state of the machine between two steps. Values inside are never changed in place. */
import type { ConsensusKey, HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import type { ValidatorSet } from '../validators/validator-set.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import type { ConsensusMessage, PolkaCertificate, SignedProposal, SignedVote, Step } from './message.ts';
import type { RoundBlock } from './persistent-state.ts';
import type { BlockVerdict, KnownProposal } from './proposal.ts';
import type { VoteKeeper } from './vote-keeper.ts';

/** The decided block below, with precommits that came after its decision. */
export interface LastCommit {
  readonly certificate: CommitCertificate;
  /** The set that decided it; null when it came from storage and late precommits cannot be checked. */
  readonly validators: ValidatorSet | null;
  readonly late: readonly SignedVote[];
}

/** A message for the next height, kept until it opens. */
export interface EarlyMessage {
  readonly peer: ConsensusKey | null;
  readonly message: ConsensusMessage;
}

export interface ConsensusState {
  readonly height: number;
  readonly round: number;
  readonly step: Step;
  readonly validators: ValidatorSet;
  /** Own index in `validators`; null for a node that only follows. */
  readonly self: number | null;
  readonly params: ChainParams;
  readonly parent: { readonly hash: HashHex; readonly timeMs: number };
  readonly lastCommit: LastCommit | null;

  readonly locked: RoundBlock | null;
  readonly valid: RoundBlock | null;
  /** Own votes of this height, newest last. */
  readonly ownVotes: readonly SignedVote[];
  readonly ownProposal: SignedProposal | null;

  /** By round, current and following ones. */
  readonly proposals: ReadonlyMap<number, KnownProposal>;
  /** By hash: verdicts of this height. */
  readonly blocks: ReadonlyMap<HashHex, BlockVerdict>;
  readonly votes: VoteKeeper;
  /** By round: polkas that came as certificates, and the one of `valid`. */
  readonly polkas: ReadonlyMap<number, PolkaCertificate>;
  /** A certificate of this height whose block is not here yet. */
  readonly commit: CommitCertificate | null;

  /** Work asked for a block while the height was idle. */
  readonly hasWork: boolean;
  /** L34 and L47 happen once per round. */
  readonly prevoteTimerSet: boolean;
  readonly precommitTimerSet: boolean;
  /** L36 happens once per round. */
  readonly polkaSeen: boolean;
  /** Blocks that were asked for and have no verdict yet. */
  readonly requested: readonly HashHex[];
  readonly rebroadcastMs: number;
  /** The height below was decided without a precommit of this node, and it has not asked yet what it missed in this one. */
  readonly isLate: boolean;
  /** By validator: the highest height it is known to work on, and when it was last heard. */
  readonly tips: readonly number[];
  readonly heardMs: readonly number[];
  readonly early: readonly EarlyMessage[];
  /** Evidence already reported at this height: `type/round/validator`. */
  readonly reported: readonly string[];
}

/** A state whose fields may be replaced, as the draft of one step. */
export type Draft<T> = { -readonly [Key in keyof T]: T[Key] };
