/** @module One running node: wires registry, chains, network and watch together, with one timer for all periodic work. */
import type { NetworkFigures, NetworkView, PeerComparison } from '../../shared/api/network-views.ts';
import type { CounterDelta, HistogramDelta } from '../../shared/api/node-records.ts';
import type { ChainPeer, ChainSnapshot } from '../../shared/api/objects.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { createLogger, errorText } from '../../shared/observability/log.ts';
import { type Bindings, chainStub } from '../runtime/bindings.ts';
import { Wakeup } from '../runtime/wakeup.ts';
import { AuditLog, CREATE_AUDIT_TABLE } from './audit-log.ts';
import { CREATE_METRIC_TABLES, MetricStore } from './metric-store.ts';
import { Claims } from './network/claims.ts';
import { Network } from './network/network.ts';
import { NetworkCounters } from './network/network-counters.ts';
import { CREATE_NETWORK_TABLE } from './network/network-state.ts';
import { nodeIdentity } from './network/node-identity.ts';
import { CREATE_ONCE_TABLES } from './network/once-table.ts';
import { CREATE_PEER_TABLE } from './network/peer-table.ts';
import { NodeChains } from './node-chains.ts';
import { ChainRegistry, CREATE_REGISTRY_TABLES } from './registry.ts';
import { CREATE_ALERT_TABLES } from './watch/alert-table.ts';
import { CheckpointTable, CREATE_CHECKPOINT_TABLE } from './watch/checkpoints.ts';
import { CREATE_RECONCILIATION_TABLE } from './watch/reconciliation.ts';
import { Watch } from './watch/watch.ts';

const CREATE_TABLES = [
  CREATE_REGISTRY_TABLES,
  CREATE_METRIC_TABLES,
  CREATE_AUDIT_TABLE,
  CREATE_PEER_TABLE,
  CREATE_NETWORK_TABLE,
  CREATE_ONCE_TABLES,
  CREATE_CHECKPOINT_TABLE,
  CREATE_RECONCILIATION_TABLE,
  CREATE_ALERT_TABLES,
].join('');

export class Node {
  readonly registry: ChainRegistry;
  readonly chains: NodeChains;
  readonly audit: AuditLog;
  readonly claims: Claims;
  /** Null for a node that takes no part in a network. */
  readonly network: Network | null;
  readonly #ctx: DurableObjectState;
  readonly #metrics: MetricStore;
  readonly #checkpoints: CheckpointTable;
  readonly #counters = new NetworkCounters();
  readonly #watch: Watch;
  readonly #log = createLogger('node');
  #wakeup: Wakeup | null = null;
  #running: Promise<void> | null = null;

  constructor(ctx: DurableObjectState, env: Bindings, settings: Settings) {
    this.#ctx = ctx;
    const { sql } = ctx.storage;
    sql.exec(CREATE_TABLES);
    this.registry = new ChainRegistry(sql);
    this.audit = new AuditLog(sql, this.#log);
    this.#metrics = new MetricStore(sql);
    this.#checkpoints = new CheckpointTable(sql);
    this.claims = new Claims(this.registry, this.#checkpoints);
    const identity = nodeIdentity(settings);
    this.#watch = new Watch({
      sql,
      webhook: settings.network.webhook,
      sender: { nodeId: identity?.nodeId ?? '', name: settings.nodeName },
      count: (name, labels) => this.#counters.count(name, labels),
      log: createLogger('node.watch'),
    });
    this.chains = new NodeChains({
      env,
      settings,
      registry: this.registry,
      audit: (entry) => this.audit.append({ ...entry, time_ms: Date.now() }),
      fetchGenesis: async () => this.network?.genesis.run(Date.now()),
      log: this.#log,
    });
    this.network =
      identity === null
        ? null
        : new Network({
            sql,
            settings,
            identity,
            registry: this.registry,
            checkpoints: this.#checkpoints,
            watch: this.#watch,
            counters: this.#counters,
            createChain: (genesis) => this.chains.createQuietly(genesis, 'network'),
            wakeChain: (chainId, peers) => this.#wakeChain(env, chainId, peers),
            onDue: () => this.#arm(),
            background: (work) => this.#background(work),
            log: createLogger('node.network'),
          });
  }

  /** After waking; `alarmMs` is when the platform will call. */
  start(alarmMs: number | null): void {
    this.#wakeup = new Wakeup(this.#ctx.storage, alarmMs, () => this.#background(this.#run()));
    this.#arm();
  }

  /** The platform's call at the time that was set. */
  async alarm(): Promise<void> {
    this.#wakeup?.alarmFired();
    await this.#run();
  }

  /** A chain tells how it stands. */
  takeSnapshot(snapshot: ChainSnapshot): void {
    const { checkpoints = [], ...stored } = snapshot;
    const before = this.registry.update(stored);
    if (before === null) return;
    this.#checkpoints.add(snapshot.chain_id, checkpoints);
    if (before.head.hash !== snapshot.head.hash) this.network?.headMoved();
    const isTroubled = [before, stored].some(
      ({ status, ledger, sync }) =>
        status === 'ERROR' || ledger.error !== undefined || sync?.state === 'diverged',
    );
    if (isTroubled) this.#evaluate();
  }

  addMetrics(delta: { counters: readonly CounterDelta[]; histograms: readonly HistogramDelta[] }): void {
    this.#ctx.storage.transactionSync(() => this.#metrics.add(delta.counters, delta.histograms));
  }

  metrics(): {
    chains: ChainSnapshot[];
    counters: CounterDelta[];
    histograms: HistogramDelta[];
    network: NetworkFigures | null;
  } {
    this.#flushCounters();
    const chains = this.registry.snapshots();
    const figures = this.network?.figures();
    return {
      chains,
      counters: this.#metrics.counters(),
      histograms: this.#metrics.histograms(),
      network: figures === undefined ? null : { ...figures, ...this.#watch.figures(chains) },
    };
  }

  /** What comparisons of a chain with peers have shown. */
  reconciled(chainId: string): PeerComparison[] {
    return this.#watch.reconciled(chainId);
  }

  networkView(): NetworkView {
    const nobody = {
      node_id: null,
      record: null,
      peers: [],
      boot_nodes: [],
      next_round_ms: null,
      interval_ms: 0,
    };
    return this.network?.view() ?? nobody;
  }

  /** A chain that cannot be woken now is told again with the next round. */
  async #wakeChain(env: Bindings, chainId: string, peers: ChainPeer[]): Promise<void> {
    const fields = { function: 'wakeChain', chain_id: chainId };
    try {
      const woken = await chainStub(env, chainId).peersAhead({ peers });
      if (!woken.ok) this.#log.warning('a chain was not woken', { ...fields, code: woken.problem.code });
    } catch (error) {
      this.#log.warning('a chain was not woken', { ...fields, error: errorText(error) });
    }
  }

  /** What is due, once at a time; whoever comes meanwhile is served by the next look at the clock. */
  #run(): Promise<void> {
    this.#running ??= this.#work().finally(() => {
      this.#running = null;
      this.#arm();
    });
    return this.#running;
  }

  async #work(): Promise<void> {
    await this.network?.run(Date.now());
    this.#evaluate();
    await this.#watch.deliverDue(Date.now());
    this.#flushCounters();
  }

  #evaluate(): void {
    const nowMs = Date.now();
    const nobody = { activePeers: 0, lostPeers: 0, nodeIds: new Set<string>() };
    this.#watch.evaluate({
      chains: this.registry.snapshots(),
      peersOf: ({ chain_id }) => this.network?.peersOf(chain_id) ?? [],
      nowMs,
      ...(this.network?.surroundings() ?? nobody),
    });
    this.#arm();
  }

  #flushCounters(): void {
    const taken = this.#counters.take();
    if (taken !== null) this.addMetrics(taken);
  }

  /** Sets the one timer for whatever comes first; a node with nothing to do has none. */
  #arm(): void {
    if (this.#running !== null) return;
    const due = [this.network?.nextDueMs() ?? null, this.#watch.nextDueMs()].filter((ms) => ms !== null);
    const nowMs = Date.now();
    this.#wakeup?.set(due.length === 0 ? null : Math.max(nowMs, Math.min(...due)), nowMs);
  }

  /** A fault in what nobody waits for: said, and left to the next time. */
  #background(work: Promise<unknown>): void {
    const said = work.catch((error: unknown) => {
      this.#log.error('work in the background failed', { function: 'background', error: errorText(error) });
    });
    this.#ctx.waitUntil(said);
  }
}
