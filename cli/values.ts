/** @module Values of options, checked while the command line is parsed, so that a wrong one is a usage error. */
import { InvalidArgumentError, Option } from 'commander';
import { parseAddress } from '../shared/protocol/primitives/address.ts';
import { parseAmount } from '../shared/protocol/primitives/amount.ts';
import type { Address, ConsensusKey, HashHex } from '../shared/protocol/primitives/brand.ts';
import { EMPTY_BLOCKS, type EmptyBlocks } from '../shared/protocol/primitives/chain-params.ts';
import { parseConsensusKey } from '../shared/protocol/primitives/consensus-key.ts';
import { parseHash } from '../shared/protocol/primitives/hash.ts';

const PORT_MAX = 65_535;
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000 } as const;

/** A duration such as `1s`, `500ms` or `2m`, in milliseconds; at least 1 ms. */
export function milliseconds(text: string): number {
  const match = /^(\d{1,7})(ms|s|m)$/.exec(text);
  const value = match === null ? 0 : Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  if (value < 1) throw new InvalidArgumentError('Give a duration such as 1s or 500ms.');
  return value;
}

/** A TCP port, 0 for a free one. */
export function port(text: string): number {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= PORT_MAX)) throw new InvalidArgumentError(`Give a port from 0 (a free one) to ${PORT_MAX}.`);
  return value;
}

/** A whole number from 0. */
export function count(text: string): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new InvalidArgumentError('Give a whole number.');
  return value;
}

/** An account's address. */
export function address(text: string): Address {
  return parsed(() => parseAddress(text), 'Give an address: 0x and 40 lower-case hex digits.');
}

/** A transaction's hash. */
export function hash(text: string): HashHex {
  return parsed(() => parseHash(text), 'Give a hash: 0x and 64 lower-case hex digits.');
}

/** The consensus key of a validator. */
export function consensusKey(text: string): ConsensusKey {
  return parsed(() => parseConsensusKey(text), 'Give a consensus key: 0x and 64 lower-case hex digits.');
}

/** An amount of native units. */
export function amount(text: string): bigint {
  return parsed(() => parseAmount(text), 'Give a whole number of native units.');
}

/** `--empty-blocks [mode]`: without a mode it means `always`. */
export function emptyBlocksOption(): Option {
  const modes = Object.keys(EMPTY_BLOCKS) as EmptyBlocks[];
  return new Option('--empty-blocks [mode]', 'blocks without transactions')
    .choices(modes)
    .preset('always')
    .default('never');
}

function parsed<T>(parse: () => T, advice: string): T {
  try {
    return parse();
  } catch {
    throw new InvalidArgumentError(advice);
  }
}
