/** @module The one object per deployment: registry of chains, audit log, metrics. Entry points only. */
import { DurableObject } from 'cloudflare:workers';
import type {
  AuditEntry,
  ChainRecord,
  ChainSnapshot,
  CounterDelta,
  HistogramDelta,
  NodeRpc,
  Result,
} from '../../shared/api/objects.ts';
import { parseSettings, type Settings } from '../../shared/api/settings.ts';
import { configureLogs, createLogger, errorText } from '../../shared/observability/log.ts';
import { genesisFromJson } from '../../shared/protocol/genesis/document.ts';
import { decodeGenesis, encodeGenesis, hashGenesis } from '../../shared/protocol/genesis/encode.ts';
import { type Bindings, chainStub } from '../runtime/bindings.ts';
import { fail } from '../runtime/rpc-result.ts';
import { AuditLog, CREATE_AUDIT_TABLE } from './audit-log.ts';
import { CREATE_METRIC_TABLES, MetricStore } from './metric-store.ts';
import { ChainRegistry, CREATE_REGISTRY_TABLES } from './registry.ts';

/** Chains of one node. Each is an object and a database of its own; the registry answers for all of them at once. */
export const CHAINS_MAX = 1_000;

export class NodeObject extends DurableObject<Bindings> implements NodeRpc {
  readonly #settings: Settings;
  readonly #registry: ChainRegistry;
  readonly #metrics: MetricStore;
  readonly #audit: AuditLog;
  readonly #log = createLogger('node');

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    this.#settings = parseSettings(env);
    configureLogs(this.#settings.logLevel);
    const { sql } = ctx.storage;
    sql.exec(CREATE_REGISTRY_TABLES + CREATE_METRIC_TABLES + CREATE_AUDIT_TABLE);
    this.#registry = new ChainRegistry(sql);
    this.#metrics = new MetricStore(sql);
    this.#audit = new AuditLog(sql, this.#log);
  }

  async chain(chain_id: string | null): Promise<ChainRecord | null> {
    const record = this.#registry.record(chain_id);
    if (record !== null) return record;
    return this.#startConfigured(chain_id);
  }

  async chains(): Promise<ChainSnapshot[]> {
    return this.#registry.snapshots();
  }

  async chainSnapshot(chain_id: string): Promise<ChainSnapshot | null> {
    return this.#registry.snapshot(chain_id);
  }

  async genesis(chain_id: string): Promise<Uint8Array | null> {
    return this.#registry.genesis(chain_id);
  }

  async createChain(request: { genesis: Uint8Array; actor: string }): Promise<Result<ChainSnapshot>> {
    const genesis = decodeGenesis(request.genesis);
    const known = this.#registry.record(genesis.chainId);
    if (known === null && this.#registry.snapshots().length >= CHAINS_MAX) {
      return fail('CHAIN_LIMIT', `this node runs at most ${CHAINS_MAX} chains`);
    }
    const isDefault = known?.is_default ?? this.#isDefault(genesis.chainId);
    const created = await chainStub(this.env, genesis.chainId).create({
      chain_id: genesis.chainId,
      genesis: request.genesis,
      default_chain: isDefault,
    });
    const detail = created.ok ? hashGenesis(genesis) : created.problem.code;
    this.#append({
      action: 'chain.create',
      actor: request.actor,
      resource: genesis.chainId,
      success: created.ok,
      detail,
    });
    if (created.ok && known === null) {
      this.#registry.put(recordOf(created.value, isDefault), request.genesis, created.value);
    }
    return created;
  }

  async pushSnapshot(snapshot: ChainSnapshot): Promise<void> {
    this.#registry.update(snapshot);
  }

  async addMetrics(delta: { counters: CounterDelta[]; histograms: HistogramDelta[] }): Promise<void> {
    this.ctx.storage.transactionSync(() => this.#metrics.add(delta.counters, delta.histograms));
  }

  async metrics(): Promise<{
    chains: ChainSnapshot[];
    counters: CounterDelta[];
    histograms: HistogramDelta[];
  }> {
    return {
      chains: this.#registry.snapshots(),
      counters: this.#metrics.counters(),
      histograms: this.#metrics.histograms(),
    };
  }

  async audit(entry: Omit<AuditEntry, 'time_ms'>): Promise<void> {
    this.#append(entry);
  }

  async auditLog(page: {
    limit: number;
    before?: number;
  }): Promise<{ entries: (AuditEntry & { id: number })[] }> {
    return { entries: this.#audit.page(page.limit, page.before) };
  }

  #append(entry: Omit<AuditEntry, 'time_ms'>): void {
    this.#audit.append({ ...entry, time_ms: Date.now() });
  }

  /** The first supported chain is the default one; with none named, the first chain that is created. */
  #isDefault(chainId: string): boolean {
    const [first] = this.#settings.supportedChains;
    return first === undefined ? !this.#registry.hasDefault() : first === chainId;
  }

  /** A chain whose genesis stands in the settings starts with the first request that asks for it. */
  async #startConfigured(chainId: string | null): Promise<ChainRecord | null> {
    if (this.#settings.genesis === undefined) return null;
    const genesis = genesisFromJson(this.#settings.genesis);
    const wanted = chainId === null ? this.#isDefault(genesis.chainId) : chainId === genesis.chainId;
    if (!wanted) return null;
    const created = await this.createChain({ genesis: encodeGenesis(genesis), actor: 'settings' });
    if (!created.ok) {
      this.#log.error('the configured chain did not start', {
        function: 'startConfigured',
        chain_id: genesis.chainId,
        code: created.problem.code,
        detail: errorText(created.problem.detail),
      });
    }
    return this.#registry.record(chainId);
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
