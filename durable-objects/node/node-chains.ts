/** @module The chains of this node coming to be: by request, from the settings, or from another node by their hash. */
import type { SigningView } from '../../shared/api/consensus-views.ts';
import type { AuditEntry } from '../../shared/api/node-records.ts';
import type { ChainRecord, ChainSnapshot, Result } from '../../shared/api/objects.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { errorText, type Logger } from '../../shared/observability/log.ts';
import { genesisFromJson } from '../../shared/protocol/genesis/document.ts';
import { decodeGenesis, encodeGenesis, hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import { type Bindings, chainStub } from '../runtime/bindings.ts';
import { fail } from '../runtime/rpc-result.ts';
import type { ChainRegistry } from './registry.ts';

/** Chains of one node. Each is an object and a database of its own; the registry answers for all of them at once. */
export const CHAINS_MAX = 1_000;

export interface NodeChainsDeps {
  readonly env: Bindings;
  readonly settings: Settings;
  readonly registry: ChainRegistry;
  readonly audit: (entry: Omit<AuditEntry, 'time_ms'>) => void;
  /** Looks for a chain that is known by its hash alone; resolves when that has come to an end. */
  readonly fetchGenesis: (chainId: string) => Promise<void>;
  readonly log: Logger;
}

export class NodeChains {
  readonly #deps: NodeChainsDeps;

  constructor(deps: NodeChainsDeps) {
    this.#deps = deps;
  }

  /** Null for an unknown id. A chain that stands in the settings starts with the first request that asks for it. */
  async find(chainId: string | null): Promise<ChainRecord | null> {
    const { registry, settings } = this.#deps;
    const record = registry.record(chainId);
    if (record !== null) return record;
    await this.#startConfigured(chainId);
    const wanted = chainId ?? this.#pinnedDefault();
    if (
      wanted !== null &&
      registry.record(wanted) === null &&
      Object.hasOwn(settings.network.genesisHashes, wanted)
    ) {
      await this.#deps.fetchGenesis(wanted);
    }
    return registry.record(chainId);
  }

  async create(request: { genesis: Uint8Array; actor: string }): Promise<Result<ChainSnapshot>> {
    const { env, registry, audit } = this.#deps;
    const genesis = decodeGenesis(request.genesis);
    const known = registry.record(genesis.chainId);
    if (known === null && registry.snapshots().length >= CHAINS_MAX) {
      return fail('CHAIN_LIMIT', `this node runs at most ${CHAINS_MAX} chains`);
    }
    const isDefault = known?.is_default ?? this.#isDefault(genesis.chainId);
    const created = await chainStub(env, genesis.chainId).create({
      chain_id: genesis.chainId,
      genesis: request.genesis,
      default_chain: isDefault,
    });
    const detail = created.ok ? hashGenesis(genesis) : created.problem.code;
    audit({
      action: 'chain.create',
      actor: request.actor,
      resource: genesis.chainId,
      success: created.ok,
      detail,
    });
    if (created.ok && known === null) {
      registry.put(recordOf(created.value, isDefault), request.genesis, created.value);
    }
    return created;
  }

  /** Orders the validator key of a chain to be held. Written here first: a storage that is older obeys it, too. */
  async guardSigning(chainId: string, actor: string): Promise<Result<SigningView>> {
    const { env, registry, audit } = this.#deps;
    const record = registry.record(chainId);
    if (record === null) return fail('CHAIN_UNKNOWN', `no chain ${chainId}`);
    const orderMs = Date.now();
    registry.orderGuard(chainId, record.genesis_hash, orderMs);
    audit({ action: 'signing.guard', actor, resource: chainId, success: true, detail: `order ${orderMs}` });
    return await chainStub(env, chainId).guardSigning({ order_ms: orderMs });
  }

  /** Creates a chain for which nobody asked just now. False when it cannot run here, with the reason in the log. */
  async createQuietly(genesis: Uint8Array, actor: string): Promise<boolean> {
    const created = await this.create({ genesis, actor });
    if (created.ok) return true;
    const { code, detail } = created.problem;
    this.#deps.log.error('a chain of the settings did not start', {
      function: 'createQuietly',
      actor,
      code,
      detail: errorText(detail),
    });
    return false;
  }

  /** The first supported chain is the default one; with none named, the first chain that is created. */
  #isDefault(chainId: string): boolean {
    const [first] = this.#deps.settings.supportedChains;
    return first === undefined ? !this.#deps.registry.hasDefault() : first === chainId;
  }

  /** The chain that will be the default one, where the settings say which. */
  #pinnedDefault(): string | null {
    const [first] = [
      ...this.#deps.settings.supportedChains,
      ...Object.keys(this.#deps.settings.network.genesisHashes),
    ];
    return first ?? null;
  }

  async #startConfigured(chainId: string | null): Promise<void> {
    if (this.#deps.settings.genesis === undefined) return;
    const genesis = genesisFromJson(this.#deps.settings.genesis);
    const wanted = chainId === null ? this.#isDefault(genesis.chainId) : chainId === genesis.chainId;
    if (wanted) await this.createQuietly(encodeGenesis(genesis), 'settings');
  }
}

function recordOf(snapshot: ChainSnapshot, isDefault: boolean): ChainRecord {
  return {
    chain_id: snapshot.chain_id,
    genesis_hash: snapshot.genesis_hash,
    chain_type: snapshot.chain_type,
    is_default: isDefault,
    ledger_name: isDefault ? 'default' : snapshot.chain_id,
    status: snapshot.status,
  };
}
