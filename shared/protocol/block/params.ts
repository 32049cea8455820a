/** @module Parameters as bytes, their hash for the header, and what a new genesis starts from. */
import { amount, type Codec, choice, decode, encode, tuple, uint } from '../codec/codec.ts';
import { sha256Hex } from '../crypto/hashing.ts';
import type { HashHex } from '../primitives/brand.ts';
import { type ChainParams, EMPTY_BLOCKS, PROPOSER_SELECTIONS } from '../primitives/chain-params.ts';
import { BLOCK_BYTES_MAX, BLOCK_TRANSACTIONS_MAX, VALIDATORS_MAX } from '../primitives/limits.ts';

/** One integer. */
const PARAM_BYTES_MAX = 9;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const fields: { readonly [Name in keyof ChainParams]: Codec<ChainParams[Name]> } = {
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
};

/** Field order is that of {@link ChainParams}. Which values make sense together is for `params-check.ts`. */
export const paramsCodec: Codec<ChainParams> = tuple(fields);

/** The name of a parameter in documents and votes. */
export function paramName(field: keyof ChainParams): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

const fieldsByName = new Map(
  Object.keys(fields).map((field) => [paramName(field as keyof ChainParams), field]),
);

/** The parameters with one of them set to an encoded value. Throws CodecError; null for a name that is none. */
export function withParam(params: ChainParams, name: string, value: Uint8Array): ChainParams | null {
  const field = fieldsByName.get(name) as keyof ChainParams | undefined;
  if (field === undefined) return null;
  return { ...params, [field]: decode<unknown>(fields[field], value, PARAM_BYTES_MAX) };
}

/** The bytes that set a parameter to a value. */
export function encodeParam<Name extends keyof ChainParams>(
  field: Name,
  value: ChainParams[Name],
): Uint8Array {
  return encode(fields[field], value);
}

/** By value object: those of genesis are asked for with each block, and nobody changes one. */
const hashes = new WeakMap<ChainParams, HashHex>();

/** SHA-256 of the encoded parameters: `params_hash` of every header they are in force for. */
export function paramsHash(params: ChainParams): HashHex {
  const known = hashes.get(params);
  if (known !== undefined) return known;
  const hash = sha256Hex(encode(paramsCodec, params));
  hashes.set(params, hash);
  return hash;
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
