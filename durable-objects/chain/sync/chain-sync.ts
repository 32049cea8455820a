/** @module Synchronisation of one chain put together: the service that pulls, the blocks that come by hand, those that are given. */
import type {
  ChainHead,
  ChainPeer,
  ImportOutcome,
  Result,
  SyncFigures,
} from '../../../shared/api/objects.ts';
import type { Settings } from '../../../shared/api/settings.ts';
import { errorText, type Logger } from '../../../shared/observability/log.ts';
import type { ChainContext } from '../../../shared/protocol/execution/chain-context.ts';
import type { CertifiedBytes } from '../../../shared/protocol/execution/linked-blocks.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { type Bindings, nodeStub } from '../../runtime/bindings.ts';
import { fail } from '../../runtime/rpc-result.ts';
import type { ConsensusDriver } from '../consensus-driver.ts';
import type { HeadTracker } from '../head-tracker.ts';
import type { OutgoingRequests } from '../links/outgoing-requests.ts';
import { SnapshotSource } from '../snapshots/snapshot-source.ts';
import type { StateSnapshots } from '../snapshots/state-snapshots.ts';
import type { ChainStore } from '../store.ts';
import type { TransactionPool } from '../transaction-pool.ts';
import type { LocalKeys } from '../validator-key.ts';
import { BlockImport } from './block-import.ts';
import { BlockSync } from './block-sync.ts';
import { DivergenceRow, type OwnChain } from './divergence.ts';
import type { BlocksTransport } from './range-client.ts';
import { RangeImport } from './range-import.ts';
import { RangeServer, type ServedRange } from './range-server.ts';
import { SnapshotStart } from './snapshot-start.ts';
import type { Report } from './sync-state.ts';

/** A block and who sent it. */
interface ImportedBlock extends CertifiedBytes {
  readonly height: number;
  readonly source: string;
}

export interface ChainSyncDeps {
  readonly chainId: string;
  readonly context: ChainContext;
  readonly env: Bindings;
  readonly settings: Settings;
  readonly keys: LocalKeys;
  readonly ctx: DurableObjectState;
  readonly store: ChainStore;
  readonly head: HeadTracker;
  readonly pool: TransactionPool;
  readonly driver: ConsensusDriver;
  readonly log: Logger;
  /** Requests to other nodes, as the links of the chain make them. */
  readonly transport: BlocksTransport & Pick<OutgoingRequests, 'read'>;
  /** The time of the event that runs. */
  readonly nowMs: () => number;
  /** Runs work as an event of the chain. */
  readonly event: (work: () => void) => void;
  readonly snapshots: StateSnapshots;
  /** The chain stands on a snapshot now: memory is stale. */
  readonly onSnapshot: () => void;
  /** What the registry knows of synchronisation is no longer so. */
  readonly onChange: () => void;
}

export class ChainSync {
  readonly #deps: ChainSyncDeps;
  readonly #sync: BlockSync;
  readonly #imports: BlockImport;
  readonly #server: RangeServer;
  readonly #snapshot: SnapshotStart;

  constructor(deps: ChainSyncDeps) {
    const { context, settings, ctx, store, head, pool, driver, log, nowMs } = deps;
    this.#deps = deps;
    const own: OwnChain = {
      genesisHash: context.genesisHash,
      state: store,
      headHeight: () => head.head.height,
      hashAt: (height) => store.hashAt(height),
    };
    const verified = (hash: string): boolean => pool.get(hash) !== undefined;
    const imports = new RangeImport({ context, store, head, driver, verified, nowMs });
    this.#sync = new BlockSync({
      own,
      imports,
      certificates: settings.syncAudit ? 'every' : 'last_of_run',
      transport: deps.transport,
      divergence: new DivergenceRow(ctx.storage.sql),
      log,
      directory: () => this.#directory(),
      report: (report) => this.#report(report),
      totals: () => ({
        imported_total: head.counters.imported,
        failures_total: head.counters.syncFailures,
      }),
      onFailure: () => ctx.storage.transactionSync(() => head.count('syncFailures')),
      onChange: deps.onChange,
      event: (work) => deps.event(() => work(nowMs())),
    });
    const ratePerSecond = settings.importRate;
    const { registry } = context;
    this.#imports = new BlockImport({ registry, own, imports, sync: this.#sync, ratePerSecond });
    this.#server = new RangeServer(store);
    this.#snapshot = this.#wireSnapshot();
  }

  /** Why the chain takes no more blocks and transactions; null while it does. */
  get refusal(): ReturnType<typeof fail> | null {
    const { divergence } = this.#sync;
    return divergence === null ? null : fail('CHAIN_HALTED', divergence.detail);
  }

  /** After waking. */
  start(): void {
    if (this.#snapshot.isOpen) this.#snapshot.try();
    else this.#sync.start(this.#deps.nowMs());
  }

  peersAhead(peers: readonly ChainPeer[]): void {
    if (this.#snapshot.isOpen) this.#snapshot.try();
    else this.#sync.peersAhead(peers, this.#deps.nowMs());
  }

  /** A peer announces its head; without a certificate it only says so. */
  tip(peer: ConsensusKey, height: number, certificate: Uint8Array | null): void {
    if (this.#snapshot.isOpen) this.#snapshot.try();
    else this.#sync.tip(peer, height, certificate, this.#deps.nowMs());
  }

  /** The head has moved. Within the turn that moves it. */
  headMoved(): void {
    this.#sync.headMoved(this.#deps.head.head.height, this.#deps.nowMs());
  }

  tick(): void {
    this.#sync.tick(this.#deps.nowMs());
  }

  nextDueMs(nowMs: number): number | null {
    return this.#sync.nextDueMs(nowMs);
  }

  figures(nowMs: number): SyncFigures {
    return this.#sync.figures(nowMs);
  }

  /** One final block that somebody brings: an event of its own. */
  importBlock(brought: ImportedBlock): Result<ImportOutcome> {
    const { source, height, ...block } = brought;
    let outcome: Result<ImportOutcome> | null = null;
    this.#deps.event(() => {
      outcome = this.#imports.run(source, height, block, this.#deps.nowMs());
    });
    assert(outcome !== null, 'an event runs at once');
    return outcome;
  }

  /** Blocks for another node. */
  serve(range: ServedRange): Result<{ blocks: CertifiedBytes[]; head: ChainHead }> {
    return this.#server.serve(range, this.#deps.head.head, Date.now());
  }

  #wireSnapshot(): SnapshotStart {
    const { chainId, settings, head, snapshots, transport, log, onSnapshot } = this.#deps;
    return new SnapshotStart({
      isWanted: settings.syncFrom === 'snapshot' && head.head.height === 0,
      target: snapshots.import,
      source: new SnapshotSource({
        chainId,
        requests: transport,
        report: (peer, offence, detail) => this.#report({ peer: peer.node_id, offence, detail }),
        log,
      }),
      directory: () =>
        this.#directory().catch((error: unknown) => {
          log.warning('the node did not name its peers', { function: 'start', error: errorText(error) });
          return [];
        }),
      onDone: onSnapshot,
      onNone: () => this.#deps.event(() => this.start()),
    });
  }

  /** The registry's peers, and of those in the settings the ones that it does not know. A node without a key asks nobody. */
  async #directory(): Promise<readonly ChainPeer[]> {
    const { env, chainId, settings, keys } = this.#deps;
    if (keys.node === null) return [];
    const learnt = await nodeStub(env).peersOf(chainId);
    const known = new Set(learnt.flatMap(({ node_key, consensus_key }) => [node_key, consensus_key]));
    const own = [keys.node, keys.validator].map((key) => key?.consensusKey);
    const settled = [...settings.peers].filter(([key]) => !known.has(key) && !own.includes(key));
    return [...learnt, ...settled.map(([key, url]) => settledPeer(key, url))];
  }

  #report({ peer, offence, detail }: Report): void {
    const { ctx, env, chainId, log } = this.#deps;
    const failed = (error: unknown): void =>
      log.warning('a report was not taken', { function: 'report', error: errorText(error) });
    const report = { peer, offence, detail: detail.slice(0, 200), chain_id: chainId };
    ctx.waitUntil(nodeStub(env).reportPeer(report).catch(failed));
  }
}

/** A validator that the operator has named: where it is, and no more. */
function settledPeer(key: ConsensusKey, url: string): ChainPeer {
  return { node_id: key, node_key: key, consensus_key: key, url, name: '', height: 0, score: 0 };
}
