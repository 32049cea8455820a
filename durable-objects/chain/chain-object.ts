/**
 * @module The object of one chain: mempool, consensus and block production in one place, serialized by the platform.
 * Entry points only: each checks that the chain exists and hands over to `Chain`.
 */
import { DurableObject } from 'cloudflare:workers';
import type {
  ConsensusView,
  EvidenceView,
  StakingView,
  ValidatorsView,
} from '../../shared/api/consensus-views.ts';
import type {
  AccountView,
  ChainHead,
  ChainRpc,
  ChainSnapshot,
  PendingTransaction,
  Result,
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
import { ChainStore } from './store.ts';

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

  async evidence(page: { limit: number }): Promise<Result<{ evidence: EvidenceView[]; head: ChainHead }>> {
    return this.#with((chain) => chain.views.evidence(page.limit));
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

  /** Links of other validators: sockets and frames that the Worker has authenticated. */
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

  async #wake(): Promise<void> {
    const alarmMs = await this.ctx.storage.getAlarm();
    this.#chain = new Chain(this.ctx, this.env, parseSettings(this.env), this.#store, alarmMs);
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
