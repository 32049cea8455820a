/** @module Which chain a request is for: path, header or query; one record per chain and isolate. */
import type { ChainRecord } from '../../shared/api/objects.ts';
import { ApiError } from '../../shared/api/problems.ts';
import { isChainId } from '../../shared/protocol/primitives/chain-id.ts';
import { type Env, nodeStub } from '../env.ts';
import { ExpiringMap } from './lru.ts';
import { callObject } from './objects.ts';

/** How long a record, or that there is none, is believed. */
export const RECORD_TTL_MS = 30_000;
/** Records kept: guessed ids push out each other, not the memory of the isolate. */
export const RECORDS_MAX = 1_000;
/** Name that stands for the default chain. */
export const DEFAULT_CHAIN = 'default';

const records = new ExpiringMap<ChainRecord | null>(RECORDS_MAX, RECORD_TTL_MS);

/** What a request says of its chain; undefined where it says nothing. */
export interface ChainNames {
  readonly path: string | undefined;
  readonly header: string | undefined;
  readonly query: string | undefined;
}

/** The one name that the request gives, or `default`. Throws CHAIN_CONFLICT for two different ones. */
export function chosenName(names: ChainNames): string {
  const given = [names.path, names.header, names.query].filter((name) => name !== undefined && name !== '');
  const [first = DEFAULT_CHAIN] = given;
  if (given.some((name) => name !== first)) {
    throw new ApiError('CHAIN_CONFLICT', 'path, X-Chain-Id and chain_id name different chains');
  }
  return first;
}

/** The record of a chain. Throws CHAIN_UNKNOWN; an id that no chain can have costs no look-up. */
export async function chainRecord(env: Env, name: string): Promise<ChainRecord> {
  if (name !== DEFAULT_CHAIN && !isChainId(name)) throw unknownChain(name);
  const now = Date.now();
  const known = records.get(name, now);
  if (known !== undefined) return known ?? failUnknown(name);
  const record = await callObject(() => nodeStub(env).chain(name === DEFAULT_CHAIN ? null : name));
  records.set(name, record, now);
  return record ?? failUnknown(name);
}

/** A chain was created: what was remembered of its name, and of the default, may be wrong now. */
export function forgetChain(chainId: string): void {
  records.delete(chainId);
  records.delete(DEFAULT_CHAIN);
}

function failUnknown(name: string): never {
  throw unknownChain(name);
}

function unknownChain(name: string): ApiError {
  const shown = /^[\w-]{1,64}$/.test(name) ? name : 'of this name';
  return new ApiError(
    'CHAIN_UNKNOWN',
    name === DEFAULT_CHAIN ? 'this node has no default chain yet' : `no chain ${shown}`,
  );
}
