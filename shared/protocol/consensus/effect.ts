/**
 * @module What the machine asks for. Effects are carried out in their order; `persist` is always the first, and nothing
 * after it may leave before its rows are durable.
 */
import type { ConsensusKey, HashHex } from '../primitives/brand.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import type { Evidence } from '../votes/evidence.ts';
import type { ConsensusMessage, VoteType } from './message.ts';
import type { PersistentState } from './persistent-state.ts';
import type { Timer } from './timeouts.ts';

export type ConsensusEvent =
  | {
      readonly name: 'new_round';
      readonly height: number;
      readonly round: number;
      readonly proposer: ConsensusKey;
    }
  | { readonly name: 'proposal'; readonly height: number; readonly round: number; readonly hash: HashHex }
  | {
      readonly name: 'quorum';
      readonly vote: VoteType;
      readonly height: number;
      readonly round: number;
      readonly hash: HashHex | null;
    }
  | { readonly name: 'timeout'; readonly timer: Timer }
  | { readonly name: 'commit'; readonly height: number; readonly round: number; readonly hash: HashHex }
  | { readonly name: 'double_sign_prevented'; readonly height: number; readonly round: number }
  | { readonly name: 'clock_behind'; readonly height: number; readonly waitMs: number }
  /** A peer sent something that no honest node sends. */
  | { readonly name: 'bad_message'; readonly peer: ConsensusKey | null; readonly reason: BadMessage };

export type BadMessage =
  | 'bad_signature'
  | 'bad_certificate'
  | 'not_a_validator'
  | 'bad_pol_round'
  | 'vote_conflicts';

export type ConsensusEffect =
  /** Write the record, and keep bytes and verdict of every block in `record.blocks` until the next height. */
  | { readonly type: 'persist'; readonly record: PersistentState }
  /** To all other validators. A proposal goes with the body of its block. */
  | { readonly type: 'broadcast'; readonly message: ConsensusMessage }
  | { readonly type: 'send'; readonly peer: ConsensusKey; readonly message: ConsensusMessage }
  | { readonly type: 'schedule'; readonly timer: Timer; readonly delayMs: number }
  /** Answer with `built`. `lastCommit` holds every precommit known for the parent. */
  | {
      readonly type: 'build_block';
      readonly height: number;
      readonly round: number;
      readonly timeMs: number;
      readonly lastCommit: CommitCertificate | null;
    }
  /** Execute the block as soon as its body is here, and answer with `block_ready`. */
  | { readonly type: 'validate'; readonly hash: HashHex }
  /** Fetch the body from others, then validate. */
  | { readonly type: 'request_block'; readonly hash: HashHex }
  /** The peer has decided beyond this height: fetch block and certificate, then `decided`. */
  | { readonly type: 'sync'; readonly peer: ConsensusKey; readonly height: number }
  /** The peer lacks this decided height: send block and certificate. */
  | { readonly type: 'send_decided'; readonly peer: ConsensusKey; readonly height: number }
  /** Send the oldest pending transactions to the proposer: this node waits for its block. */
  | { readonly type: 'send_transactions'; readonly peer: ConsensusKey }
  /** Store block, certificate and state in one transaction, then `new_height`. */
  | {
      readonly type: 'decide';
      readonly height: number;
      readonly hash: HashHex;
      readonly certificate: CommitCertificate;
    }
  | { readonly type: 'evidence'; readonly evidence: Evidence }
  | { readonly type: 'event'; readonly event: ConsensusEvent }
  /** Stop for good: the network certified what this node finds invalid. */
  | {
      readonly type: 'halt';
      readonly height: number;
      readonly hash: HashHex;
      readonly certificate: CommitCertificate;
    };
