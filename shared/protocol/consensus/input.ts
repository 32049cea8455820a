/** @module Everything that can happen to the machine. There is one `step` for all of it, whatever the source. */
import type { ConsensusKey, HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import type { ValidatorSet } from '../validators/validator-set.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import type { ConsensusMessage } from './message.ts';
import type { BlockVerdict } from './proposal.ts';
import type { Timer } from './timeouts.ts';

/** The height to decide next. */
export interface NewHeight {
  readonly height: number;
  /** The set that decides it. */
  readonly validators: ValidatorSet;
  readonly params: ChainParams;
  readonly parent: { readonly hash: HashHex; readonly timeMs: number };
  /** The certificate stored with the parent; null at height 1. */
  readonly lastCommit: CommitCertificate | null;
}

export type ConsensusInput =
  | ({ readonly type: 'new_height' } & NewHeight)
  /** From an authenticated peer; null where the sender is unknown. */
  | { readonly type: 'message'; readonly peer: ConsensusKey | null; readonly message: ConsensusMessage }
  /** The answer to `build_block`; null when there is nothing to propose. */
  | {
      readonly type: 'built';
      readonly height: number;
      readonly round: number;
      readonly block: BlockVerdict | null;
    }
  /** The answer to `validate`, or a verdict on a block that came in another way. */
  | { readonly type: 'block_ready'; readonly block: BlockVerdict }
  | { readonly type: 'timeout'; readonly timer: Timer }
  /** Something asks for a block: transactions, evidence, a pending change, or an interval that passed. */
  | { readonly type: 'work_available' }
  /** A block of the current height with its certificate, from sync. */
  | { readonly type: 'decided'; readonly certificate: CommitCertificate; readonly block: BlockVerdict }
  /** The signer was held back and may sign from now on. */
  | { readonly type: 'signer_ready' }
  /** A link to this validator has just opened. */
  | { readonly type: 'peer_connected'; readonly peer: ConsensusKey };
