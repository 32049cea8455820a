/** @module The one object per deployment: registry of chains, peers, audit log, metrics. Entry points only. */
import { DurableObject } from 'cloudflare:workers';
import type { SigningView } from '../../shared/api/consensus-views.ts';
import type {
  ChainClaim,
  Exchange,
  ExchangeAnswer,
  NetworkFigures,
  NetworkView,
  NoticeMessage,
  NoticeView,
  PeerCall,
  PeerComparison,
  PeerView,
} from '../../shared/api/network-views.ts';
import type { AuditEntry, CounterDelta, HistogramDelta } from '../../shared/api/node-records.ts';
import type {
  ChainPeer,
  ChainRecord,
  ChainSnapshot,
  NodeRpc,
  PeerReport,
  Result,
} from '../../shared/api/objects.ts';
import { parseSettings } from '../../shared/api/settings.ts';
import type { SigningRecord } from '../../shared/api/signing-rpc.ts';
import { configureLogs } from '../../shared/observability/log.ts';
import type { Bindings } from '../runtime/bindings.ts';
import { fail, ok } from '../runtime/rpc-result.ts';
import type { Network } from './network/network.ts';
import { Node } from './node.ts';

export class NodeObject extends DurableObject<Bindings> implements NodeRpc {
  readonly #node: Node;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const settings = parseSettings(env);
    configureLogs(settings.logLevel);
    this.#node = new Node(ctx, env, settings);
    void ctx.blockConcurrencyWhile(async () => this.#node.start(await ctx.storage.getAlarm()));
  }

  async chain(chain_id: string | null): Promise<ChainRecord | null> {
    return this.#node.chains.find(chain_id);
  }

  async chains(): Promise<ChainSnapshot[]> {
    return this.#node.registry.snapshots();
  }

  async chainSnapshot(chain_id: string): Promise<ChainSnapshot | null> {
    return this.#node.registry.snapshot(chain_id);
  }

  async genesis(chain_id: string): Promise<Uint8Array | null> {
    return this.#node.registry.genesis(chain_id);
  }

  async createChain(request: { genesis: Uint8Array; actor: string }): Promise<Result<ChainSnapshot>> {
    return this.#node.chains.create(request);
  }

  async signingRecord(request: { chain_id: string; genesis_hash: string }): Promise<SigningRecord> {
    return this.#node.registry.signingRecord(request.chain_id, request.genesis_hash);
  }

  async guardSigning(request: { chain_id: string; actor: string }): Promise<Result<SigningView>> {
    return this.#node.chains.guardSigning(request.chain_id, request.actor);
  }

  async pushSnapshot(snapshot: ChainSnapshot): Promise<void> {
    this.#node.takeSnapshot(snapshot);
  }

  async addMetrics(delta: { counters: CounterDelta[]; histograms: HistogramDelta[] }): Promise<void> {
    this.#node.addMetrics(delta);
  }

  async metrics(): Promise<{
    chains: ChainSnapshot[];
    counters: CounterDelta[];
    histograms: HistogramDelta[];
    network: NetworkFigures | null;
  }> {
    return this.#node.metrics();
  }

  async audit(entry: Omit<AuditEntry, 'time_ms'>): Promise<void> {
    this.#node.audit.append({ ...entry, time_ms: Date.now() });
  }

  async auditLog(page: {
    limit: number;
    before?: number;
  }): Promise<{ entries: (AuditEntry & { id: number })[] }> {
    return { entries: this.#node.audit.page(page.limit, page.before) };
  }

  async peersOf(chain_id: string): Promise<ChainPeer[]> {
    return this.#node.network?.peersOf(chain_id) ?? [];
  }

  async reconciled(chain_id: string): Promise<PeerComparison[]> {
    return this.#node.reconciled(chain_id);
  }

  async reportPeer(report: PeerReport): Promise<void> {
    this.#node.network?.report(report);
  }

  async network(): Promise<NetworkView> {
    return this.#node.networkView();
  }

  async node(node_id: string): Promise<PeerView | null> {
    return this.#node.network?.node(node_id) ?? null;
  }

  async claims(): Promise<readonly ChainClaim[]> {
    return this.#node.claims.shownTo(null);
  }

  async join(call: PeerCall, exchange: Exchange): Promise<Result<ExchangeAnswer>> {
    return this.#with((network) => network.join(call, exchange));
  }

  async leave(call: PeerCall, request: { record: string }): Promise<Result<null>> {
    return this.#with((network) => network.leave(call, request));
  }

  async sync(call: PeerCall, exchange: Exchange): Promise<Result<ExchangeAnswer>> {
    return this.#with((network) => network.sync(call, exchange));
  }

  async broadcast(call: PeerCall, message: NoticeMessage): Promise<Result<{ id: string; relayed: boolean }>> {
    return this.#with((network) => network.broadcast(call, message));
  }

  async notice(id: string): Promise<NoticeView | null> {
    return this.#node.network?.notice(id) ?? null;
  }

  async joinThrough(url: string): Promise<Result<PeerView>> {
    return this.#with((network) => network.joinThrough(url));
  }

  async leaveNetwork(): Promise<Result<{ told: number }>> {
    return this.#with(async (network) => ok(await network.leaveNetwork()));
  }

  async beacon(): Promise<Result<{ id: string }>> {
    return this.#with((network) => ok(network.beacon()));
  }

  override async alarm(): Promise<void> {
    await this.#node.alarm();
  }

  async #with<T>(use: (network: Network) => Result<T> | Promise<Result<T>>): Promise<Result<T>> {
    const { network } = this.#node;
    return network === null ? fail('NETWORK_DISABLED', 'this node has no key or no NODE_URL') : use(network);
  }
}
