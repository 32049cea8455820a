/** @module Parameters as bytes, their hash for the header, and what a new genesis starts from. */
import { amount, type Codec, choice, encode, tuple, uint } from '../codec/codec.ts';
import { sha256Hex } from '../crypto/hashing.ts';
import type { HashHex } from '../primitives/brand.ts';
import { type ChainParams, EMPTY_BLOCKS, PROPOSER_SELECTIONS } from '../primitives/chain-params.ts';
import { BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, VALIDATORS_MAX } from '../primitives/limits.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Field order is that of {@link ChainParams}. Which values make sense together is for the genesis check. */
export const paramsCodec: Codec<ChainParams> = tuple({
  blockTimeMs: uint(),
  emptyBlocks: choice(EMPTY_BLOCKS),
  heartbeatIntervalMs: uint(),
  blockBytesMax: uint(),
  blockTransactionsMax: uint(),
  minFee: amount(),
  feePerByte: amount(),
  newAccountFee: amount(),
  feeBurnBps: uint(),
  authorityWeightBps: uint(),
  fullStake: amount(),
  maxValidators: uint(),
  proposerSelection: choice(PROPOSER_SELECTIONS),
  unbondingMs: uint(),
  evidenceAgeMs: uint(),
  slashDoubleSignBps: uint(),
  slashDowntimeBps: uint(),
  signedWindowBlocks: uint(),
  jailMs: uint(),
  voteExpiryMs: uint(),
  precisionMs: uint(),
  messageDelayMs: uint(),
  timeoutProposeMs: uint(),
  timeoutProposeDeltaMs: uint(),
  timeoutVoteMs: uint(),
  timeoutVoteDeltaMs: uint(),
});

/** SHA-256 of the encoded parameters: `params_hash` of every header they are in force for. */
export function paramsHash(params: ChainParams): HashHex {
  return sha256Hex(encode(paramsCodec, params));
}

/**
 * What a genesis document leaves out. Fees are 0, so that a chain runs before anyone owns units; a chain open to
 * strangers sets `min_fee`. The authorities hold all power until a genesis says otherwise.
 */
export const DEFAULT_PARAMS: ChainParams = {
  blockTimeMs: 1_000,
  emptyBlocks: 'never',
  heartbeatIntervalMs: MINUTE_MS,
  blockBytesMax: BLOCK_BYTES_MAX,
  blockTransactionsMax: BLOCK_TRANSACTIONS_MAX,
  minFee: 0n,
  feePerByte: 0n,
  newAccountFee: 0n,
  feeBurnBps: 0,
  authorityWeightBps: 10_000,
  fullStake: 1_000_000_000n,
  maxValidators: VALIDATORS_MAX,
  proposerSelection: 'round_robin',
  unbondingMs: 21 * DAY_MS,
  /** Shorter than unbonding: stake that signed is still there to be slashed. */
  evidenceAgeMs: 14 * DAY_MS,
  slashDoubleSignBps: 500,
  slashDowntimeBps: 1,
  signedWindowBlocks: 1_000,
  jailMs: 10 * MINUTE_MS,
  voteExpiryMs: 14 * DAY_MS,
  precisionMs: 500,
  messageDelayMs: 2_000,
  timeoutProposeMs: 1_000,
  timeoutProposeDeltaMs: 500,
  timeoutVoteMs: 1_000,
  timeoutVoteDeltaMs: 500,
};
