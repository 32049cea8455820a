/** @module What never changes of a chain, fetched once per isolate: its genesis in every form that routes need. */
import type { ChainRecord } from '../../shared/api/objects.ts';
import { genesisToJson } from '../../shared/protocol/genesis/document.ts';
import { decodeGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { type Env, nodeStub } from '../env.ts';
import { ExpiringMap } from './lru.ts';
import { callObject } from './objects.ts';

/** Chains whose genesis an isolate keeps. */
const FACTS_MAX = 100;
/** Largest genesis that is kept: 100 of them stay under 7 MB. */
const KEPT_BYTES_MAX = 65_536;

/** The genesis of a chain. */
export interface ChainFacts {
  readonly genesis: Genesis;
  readonly genesisHash: HashHex;
  /** Length of the canonical bytes. */
  readonly sizeBytes: number;
  /** The JSON document. */
  readonly document: Record<string, unknown>;
}

const facts = new ExpiringMap<ChainFacts>(FACTS_MAX, Number.POSITIVE_INFINITY);

/** The facts of a chain. Keyed by its genesis hash, so that a chain made anew under an old name is another one. */
export async function chainFacts(env: Env, chain: ChainRecord): Promise<ChainFacts> {
  const known = facts.get(chain.genesis_hash, 0);
  if (known !== undefined) return known;
  const bytes = await callObject(() => nodeStub(env).genesis(chain.chain_id));
  assert(bytes !== null, 'the registry holds the genesis of each chain that it has a record of');
  const genesis = decodeGenesis(bytes);
  const document = genesisToJson(genesis) as unknown as Record<string, unknown>;
  const fresh = { genesis, genesisHash: parseHash(chain.genesis_hash), sizeBytes: bytes.length, document };
  if (bytes.length <= KEPT_BYTES_MAX) facts.set(chain.genesis_hash, fresh, 0);
  return fresh;
}
