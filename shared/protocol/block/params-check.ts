/** @module Bounds of the parameters of a chain, and the rules between them: for the genesis and for votes. */
import type { ChainParams } from '../primitives/chain-params.ts';
import {
  BLOCK_BYTES_MAX,
  BLOCK_TRANSACTIONS_MAX,
  TRANSACTION_BYTES_MAX,
  VALIDATORS_MAX,
} from '../primitives/limits.ts';

const BPS = 10_000;
const DAY_MS = 86_400_000;
const YEAR_MS = 365 * DAY_MS;
/** Least block_bytes_max: the largest transaction beside header, certificate and evidence. */
export const BLOCK_BYTES_MIN = 4 * TRANSACTION_BYTES_MAX;
/** Longest block time, interval and time-out of a round: a day is no ledger any more. */
export const INTERVAL_MS_MAX = DAY_MS;
/** Longest unbonding, evidence age, jail and vote: times in blocks stay far from 2^53. */
export const PERIOD_MS_MAX = 10 * YEAR_MS;
/** Longest window of signatures: the record of each validator stays under 2 KiB. */
export const SIGNED_WINDOW_BLOCKS_MAX = 10_000;

type NumberParam = {
  [Key in keyof ChainParams]: ChainParams[Key] extends number ? Key : never;
}[keyof ChainParams];

/** Least and greatest value of every parameter that is a number. */
export const PARAM_BOUNDS: Readonly<Record<NumberParam, readonly [min: number, max: number]>> = {
  blockTimeMs: [1, INTERVAL_MS_MAX],
  heartbeatIntervalMs: [1, INTERVAL_MS_MAX],
  blockBytesMax: [BLOCK_BYTES_MIN, BLOCK_BYTES_MAX],
  blockTransactionsMax: [1, BLOCK_TRANSACTIONS_MAX],
  feeBurnBps: [0, BPS],
  authorityWeightBps: [0, BPS],
  maxValidators: [1, VALIDATORS_MAX],
  unbondingMs: [1, PERIOD_MS_MAX],
  evidenceAgeMs: [1, PERIOD_MS_MAX],
  slashDoubleSignBps: [0, BPS],
  slashDowntimeBps: [0, BPS],
  signedWindowBlocks: [1, SIGNED_WINDOW_BLOCKS_MAX],
  jailMs: [0, PERIOD_MS_MAX],
  voteExpiryMs: [1, PERIOD_MS_MAX],
  precisionMs: [0, INTERVAL_MS_MAX],
  messageDelayMs: [0, INTERVAL_MS_MAX],
  timeoutProposeMs: [1, INTERVAL_MS_MAX],
  timeoutProposeDeltaMs: [0, INTERVAL_MS_MAX],
  timeoutVoteMs: [1, INTERVAL_MS_MAX],
  timeoutVoteDeltaMs: [0, INTERVAL_MS_MAX],
};

/** A parameter that is out of bounds or contradicts another one. */
export interface ParamsFault {
  readonly field: keyof ChainParams;
  readonly why: string;
}

/** The first parameter out of bounds, then the first broken relation; null when all is well. */
export function paramsFault(params: ChainParams): ParamsFault | null {
  for (const field of Object.keys(PARAM_BOUNDS) as NumberParam[]) {
    const [min, max] = PARAM_BOUNDS[field];
    const value = params[field];
    if (value < min || value > max) return { field, why: `${value} is not from ${min} to ${max}` };
  }
  if (params.fullStake === 0n) return { field: 'fullStake', why: 'it divides the stake and cannot be 0' };
  if (params.evidenceAgeMs >= params.unbondingMs) {
    return { field: 'evidenceAgeMs', why: 'it must be shorter than unbonding' };
  }
  if (params.emptyBlocks === 'heartbeat' && params.heartbeatIntervalMs < params.blockTimeMs) {
    return { field: 'heartbeatIntervalMs', why: 'a heartbeat is not faster than the block time' };
  }
  return null;
}
