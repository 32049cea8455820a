/**
 * @module The object of one chain: mempool, consensus and block production in one place, serialized by the platform.
 * Entry points only: each checks that the chain exists and hands over to `Chain`.
 */
import { DurableObject } from 'cloudflare:workers';
import type {
  ConsensusView,
  EvidenceView,
  SigningView,
  StakingView,
  ValidatorsView,
} from '../../shared/api/consensus-views.ts';
import type {
  AccountView,
  ChainHead,
  ChainPeer,
  ChainRpc,
  ChainSnapshot,
  ImportOutcome,
  PendingTransaction,
  Result,
  SnapshotImportView,
  SnapshotView,
  StoredBlock,
  SubmitOutcome,
  TransactionStatus,
} from '../../shared/api/objects.ts';
import { parseSettings } from '../../shared/api/settings.ts';
import { configureLogs } from '../../shared/observability/log.ts';
import type { Bindings } from '../runtime/bindings.ts';
import { fail, ok } from '../runtime/rpc-result.ts';
import { Chain } from './chain.ts';
import { createChain } from './create-chain.ts';
import type { SnapshotPart } from './snapshots/state-snapshots.ts';
import { ChainStore } from './store.ts';

/** Time for an answer to leave before the object ends. */
const RESTART_MS = 10;

export class ChainObject extends DurableObject<Bindings> implements ChainRpc {
  readonly #store: ChainStore;
  #chain: Chain | null = null;

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    const settings = parseSettings(env);
    configureLogs(settings.logLevel);
    this.#store = new ChainStore(ctx.storage.sql);
    if (this.#store.exists()) void ctx.blockConcurrencyWhile(() => this.#wake());
  }

  async create(request: {
    chain_id: string;
    genesis: Uint8Array;
    default_chain: boolean;
  }): Promise<Result<ChainSnapshot>> {
    const created = createChain(this.ctx.storage, this.#store, parseSettings(this.env), request, Date.now());
    if (!created.ok) return created;
    if (this.#chain === null) await this.#wake();
    return this.snapshot();
  }

  async submit(
    transactions: Uint8Array[],
    options: { wait: 'none' | 'final'; wait_ms: number },
  ): Promise<Result<Result<SubmitOutcome>[]>> {
    return this.#with((chain) => chain.submit(transactions, options.wait === 'final' ? options.wait_ms : 0));
  }

  async account(address: string): Promise<Result<AccountView>> {
    return this.#with((chain) => chain.reads.account(address));
  }

  async transaction(hash: string): Promise<
    Result<{
      status: TransactionStatus | 'unknown';
      pending?: PendingTransaction;
      block?: StoredBlock;
      tx_index?: number;
    }>
  > {
    return this.#with((chain) => chain.reads.transaction(hash));
  }

  async mempool(page: { limit: number; after?: string }): Promise<
    Result<{
      transactions: PendingTransaction[];
      total: number;
      bytes: number;
      next: string | null;
      height: number;
    }>
  > {
    return this.#with((chain) => chain.reads.mempoolPage(page.limit, page.after));
  }

  async blocks(range: {
    from: number;
    limit: number;
  }): Promise<Result<{ blocks: StoredBlock[]; head: ChainHead }>> {
    return this.#with((chain) => ({ blocks: this.#store.blocks(range.from, range.limit), head: chain.head }));
  }

  async blockByHash(hash: string): Promise<Result<StoredBlock | null>> {
    return this.#with(() => {
      const height = this.#store.heightOf(hash);
      return height === null ? null : this.#store.block(height);
    });
  }

  async snapshot(): Promise<Result<ChainSnapshot>> {
    return this.#with((chain) => chain.snapshot());
  }

  async rebuildLedger(): Promise<Result<{ from: number; to: number }>> {
    if (this.#chain === null) return unknownChain();
    return this.#chain.rebuildLedger();
  }

  async consensus(): Promise<Result<{ view: ConsensusView; head: ChainHead }>> {
    return this.#with((chain) => chain.views.consensus());
  }

  async validators(at: {
    height?: number;
    from?: number;
    limit?: number;
  }): Promise<Result<{ view: ValidatorsView; head: ChainHead }>> {
    return this.#with((chain) => chain.views.validators(at));
  }

  async staking(address: string): Promise<Result<{ view: StakingView; head: ChainHead }>> {
    return this.#with((chain) => chain.views.staking(address));
  }

  async evidence(page: {
    limit: number;
  }): Promise<Result<{ evidence: EvidenceView[]; pending: number; head: ChainHead }>> {
    return this.#with((chain) => chain.views.evidence(page.limit));
  }

  async setSigningMark(mark: { height: number; round?: number }): Promise<Result<SigningView>> {
    return this.#chain?.orders.setSigningMark(mark) ?? unknownChain();
  }

  async guardSigning(order: { order_ms: number }): Promise<Result<SigningView>> {
    return this.#chain?.orders.guardSigning(order.order_ms) ?? unknownChain();
  }

  async submitEvidence(item: { bytes: Uint8Array }): Promise<Result<{ head: ChainHead }>> {
    return this.#chain?.orders.submitEvidence(item.bytes) ?? unknownChain();
  }

  async attachHub(hub: {
    shard: number;
    next_height: number;
    volatile?: boolean;
  }): Promise<Result<{ head: ChainHead }>> {
    return this.#with((chain) => chain.attachHub(hub.shard, hub.next_height, hub.volatile === true));
  }

  async detachHub(hub: { shard: number }): Promise<Result<null>> {
    return this.#with((chain) => chain.detachHub(hub.shard));
  }

  async certifiedBlocks(range: {
    from: number;
    to: number;
    peer: string;
  }): Promise<Result<{ blocks: { body: Uint8Array; certificate: Uint8Array }[]; head: ChainHead }>> {
    return this.#chain === null ? unknownChain() : this.#chain.sync.serve(range);
  }

  async importBlock(block: {
    height: number;
    body: Uint8Array;
    certificate: Uint8Array;
    source: string;
  }): Promise<Result<ImportOutcome>> {
    return this.#chain === null ? unknownChain() : this.#chain.sync.importBlock(block);
  }

  async peersAhead(request: { peers: ChainPeer[] }): Promise<Result<null>> {
    return this.#with((chain) => chain.peersAhead(request.peers));
  }

  async snapshots(): Promise<
    Result<{ snapshots: SnapshotView[]; importing: SnapshotImportView | null; head: ChainHead }>
  > {
    return this.#with(({ snapshots, head }) => ({
      snapshots: snapshots.rows.whole(),
      importing: snapshots.import.progress,
      head,
    }));
  }

  async snapshotPart(part: { height: number; position?: number }): Promise<Result<Uint8Array | null>> {
    const { height, position } = part;
    return this.#with(({ snapshots: { rows } }) =>
      position === undefined ? rows.manifest(height) : rows.chunk(height, position),
    );
  }

  async importSnapshot(part: SnapshotPart): Promise<Result<SnapshotImportView>> {
    if (this.#chain === null) return unknownChain();
    const taken = this.#chain.snapshots.take(part);
    if (!taken.ok) return taken;
    if (taken.value.isDone) this.#startAnew();
    return ok(taken.value.progress);
  }

  /** Links of other nodes: sockets and frames that the Worker has authenticated. */
  override async fetch(request: Request): Promise<Response> {
    return this.#chain?.links.accept(request) ?? new Response(null, { status: 404 });
  }

  override async webSocketMessage(socket: WebSocket, data: ArrayBuffer | string): Promise<void> {
    this.#chain?.links.message(socket, data);
  }

  override async webSocketClose(socket: WebSocket, code: number): Promise<void> {
    this.#chain?.links.closed(socket, code);
  }

  override async webSocketError(socket: WebSocket): Promise<void> {
    this.#chain?.links.error(socket);
  }

  override async alarm(): Promise<void> {
    this.#chain?.alarm();
  }

  /** Memory is behind storage: the object ends, and the alarm starts it from what is stored. The answer leaves first. */
  #startAnew(): void {
    this.#chain = null;
    void this.ctx.storage.setAlarm(Date.now() + 2 * RESTART_MS);
    setTimeout(() => this.ctx.abort('the chain starts from a snapshot'), RESTART_MS);
  }

  async #wake(): Promise<void> {
    const alarmMs = await this.ctx.storage.getAlarm();
    const settings = parseSettings(this.env);
    this.#chain = new Chain(this.ctx, this.env, settings, this.#store, alarmMs, () => this.#startAnew());
    this.#chain.start();
  }

  async #with<T>(use: (chain: Chain) => T | Promise<T>): Promise<Result<T>> {
    return this.#chain === null ? unknownChain() : ok(await use(this.#chain));
  }
}

function unknownChain(): { ok: false; problem: { code: 'CHAIN_UNKNOWN'; detail: string } } {
  return fail('CHAIN_UNKNOWN', 'no chain of this name was created on this node') as ReturnType<
    typeof unknownChain
  >;
}
