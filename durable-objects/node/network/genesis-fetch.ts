/**
 * @module Chains that a node is told to run by the hash of their genesis alone: the document comes from another node, which
 * need not be trusted, since only one document has the hash.
 */
import type { NetworkSettings } from '../../../shared/api/network-settings.ts';
import { BODY_BYTES_GENESIS } from '../../../shared/api/route-spec.ts';
import type { Logger } from '../../../shared/observability/log.ts';
import { genesisFromJson } from '../../../shared/protocol/genesis/document.ts';
import { encodeGenesis, hashGenesis } from '../../../shared/protocol/genesis/encode.ts';
import { ProtocolError } from '../../../shared/protocol/primitives/errors.ts';
import type { PeerClient } from './peer-client.ts';
import { INTERVAL_MAX_MS } from './schedule.ts';

/** First wait after nobody had the document; it doubles up to the longest interval of a round. */
const RETRY_FIRST_MS = 1_000;
/** Room around a document in the answer of the route. */
const ANSWER_EXTRA_BYTES = 1_024;

export interface GenesisFetchDeps {
  readonly settings: Pick<NetworkSettings, 'genesisHashes' | 'bootNodes'>;
  readonly client: PeerClient;
  readonly has: (chainId: string) => boolean;
  /** Base URLs of peers that claim the chain with this genesis. */
  readonly sources: (chainId: string, genesisHash: string) => readonly string[];
  /** Creates the chain. False: it cannot run here, which was said already. */
  readonly create: (genesis: Uint8Array) => Promise<boolean>;
  readonly log: Logger;
}

export class GenesisFetch {
  readonly #deps: GenesisFetchDeps;
  #failures = 0;
  #nextMs = 0;
  #running: Promise<void> | null = null;

  constructor(deps: GenesisFetchDeps) {
    this.#deps = deps;
  }

  /** When to look for missing chains next; null for none missing. */
  nextDueMs(): number | null {
    return this.#missing().length === 0 ? null : this.#nextMs;
  }

  /** True for a chain that this node is to run and has not made yet. */
  awaits(chainId: string): boolean {
    return this.#missing().some(([missing]) => missing === chainId);
  }

  /** Looks for all missing chains if it is time. Joins a look that is under way. */
  run(nowMs: number): Promise<void> {
    const due = this.nextDueMs();
    if (due === null || due > nowMs) return Promise.resolve();
    this.#running ??= this.#look(nowMs).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #look(nowMs: number): Promise<void> {
    for (const [chainId, genesisHash] of this.#missing()) {
      const genesis = await this.#find(chainId, genesisHash);
      if (genesis !== null && (await this.#deps.create(genesis))) continue;
      this.#failures += 1;
    }
    if (this.#missing().length === 0) this.#failures = 0;
    const waitMs = Math.min(INTERVAL_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(this.#failures, 20));
    this.#nextMs = nowMs + waitMs;
  }

  #missing(): [string, string][] {
    return Object.entries(this.#deps.settings.genesisHashes).filter(([chainId]) => !this.#deps.has(chainId));
  }

  /** Canonical bytes of the genesis with this hash, from the first who has it. */
  async #find(chainId: string, genesisHash: string): Promise<Uint8Array | null> {
    const { settings, client, sources, log } = this.#deps;
    const urls = new Set([...settings.bootNodes, ...sources(chainId, genesisHash)]);
    for (const url of urls) {
      const outcome = await client.get(
        url,
        `/chains/${chainId}/rpc/genesis`,
        BODY_BYTES_GENESIS + ANSWER_EXTRA_BYTES,
      );
      const detail = outcome.kind === 'answer' ? 'its genesis has another hash' : outcome.detail;
      const genesis = outcome.kind === 'answer' ? genesisOf(outcome.body, genesisHash) : null;
      if (genesis !== null) return genesis;
      log.warning('a node has not given the genesis of a chain', {
        function: 'find',
        chain_id: chainId,
        url,
        detail,
      });
    }
    return null;
  }
}

/** The document in the answer of the route, if it has this hash. */
function genesisOf(body: unknown, genesisHash: string): Uint8Array | null {
  try {
    const genesis = genesisFromJson((body as { genesis?: unknown } | null)?.genesis);
    return hashGenesis(genesis) === genesisHash ? encodeGenesis(genesis) : null;
  } catch (error) {
    if (error instanceof ProtocolError) return null;
    throw error;
  }
}
