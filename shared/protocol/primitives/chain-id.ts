/** @module Chain ids: short names that fit into a path, a host label and a database name. */
import type { ChainId } from './brand.ts';
import { PrimitiveError } from './errors.ts';

/** Longest chain id, in characters: what a DNS label and a database name take with room for a prefix. */
export const CHAIN_ID_LENGTH_MAX = 32;

/** Lower-case letters, digits and inner hyphens, 1 to 32 characters. */
export const CHAIN_ID_PATTERN = /^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/;

/** Names that routes and settings use for something else. */
export const RESERVED_CHAIN_IDS: ReadonlySet<string> = new Set(['default', 'rpc', 'api']);

/** True if the text may name a chain. */
export function isChainId(text: string): text is ChainId {
  return CHAIN_ID_PATTERN.test(text) && !RESERVED_CHAIN_IDS.has(text);
}

/** Throws BAD_CHAIN_ID unless the text may name a chain. */
export function parseChainId(text: string): ChainId {
  if (isChainId(text)) return text;
  const why = RESERVED_CHAIN_IDS.has(text)
    ? 'this chain id is reserved'
    : 'expected 1 to 32 of a-z, 0-9 and -, with no hyphen at either end';
  throw new PrimitiveError('BAD_CHAIN_ID', why);
}
