/** @module The parameters of a chain: all that execution or validity reads, fixed by genesis. */

export const EMPTY_BLOCKS = { never: 0, heartbeat: 1, always: 2 } as const;
export type EmptyBlocks = keyof typeof EMPTY_BLOCKS;
export const PROPOSER_SELECTIONS = { round_robin: 0, stake_lottery: 1 } as const;
export type ProposerSelection = keyof typeof PROPOSER_SELECTIONS;

/** All that execution or validity reads. Field order is encoding order. Units are in the names. */
export interface ChainParams {
  readonly blockTimeMs: number;
  readonly emptyBlocks: EmptyBlocks;
  readonly heartbeatIntervalMs: number;
  readonly blockBytesMax: number;
  readonly blockTransactionsMax: number;
  readonly minFee: bigint;
  readonly feePerByte: bigint;
  readonly newAccountFee: bigint;
  readonly feeBurnBps: number;
  readonly authorityWeightBps: number;
  readonly fullStake: bigint;
  readonly maxValidators: number;
  readonly proposerSelection: ProposerSelection;
  readonly unbondingMs: number;
  readonly evidenceAgeMs: number;
  readonly slashDoubleSignBps: number;
  readonly slashDowntimeBps: number;
  readonly signedWindowBlocks: number;
  readonly jailMs: number;
  readonly voteExpiryMs: number;
  readonly precisionMs: number;
  readonly messageDelayMs: number;
  readonly timeoutProposeMs: number;
  readonly timeoutProposeDeltaMs: number;
  readonly timeoutVoteMs: number;
  readonly timeoutVoteDeltaMs: number;
}
