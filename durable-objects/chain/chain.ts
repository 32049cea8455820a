/**
 * @module One running chain: wires mempool, producer, outbox and timer together. Every change of state happens in one
 * synchronous turn and one SQLite transaction; everything in memory can be lost between any two turns.
 */
import type {
  AccountView,
  ChainHead,
  ChainSnapshot,
  PendingTransaction,
  Result,
  StoredBlock,
  SubmitOutcome,
  TransactionStatus,
} from '../../shared/api/objects.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { observe } from '../../shared/observability/histogram.ts';
import { createLogger, errorText, type Logger } from '../../shared/observability/log.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import type { ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import { decodeGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { parseAddress } from '../../shared/protocol/primitives/address.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { readAccount } from '../../shared/protocol/state/account.ts';
import { decodeReceipts } from '../../shared/protocol/transaction/receipt-codec.ts';
import { nodeTransactions } from '../../shared/protocol/transaction/registry.ts';
import { decodeCertificate, encodeCertificate } from '../../shared/protocol/votes/encode.ts';
import type { Bindings } from '../runtime/bindings.ts';
import { fail, ok } from '../runtime/rpc-result.ts';
import { Wakeup } from '../runtime/wakeup.ts';
import { BlockProducer, type CertifiedBlock } from './block-producer.ts';
import { FinalIndex, finalOutcome } from './final-index.ts';
import { FinalityWaiters } from './finality-waiters.ts';
import { HubTarget, hubTargetName } from './hub-target.ts';
import { Ingress } from './ingress.ts';
import { ledgerTargetFor } from './ledger-connection.ts';
import type { LedgerTarget } from './ledger-target.ts';
import { NodeTarget } from './node-target.ts';
import { Outbox } from './outbox.ts';
import { SIGN_LOG_HEIGHTS, SignLog } from './sign-log.ts';
import type { ChainCounters, ChainStore } from './store.ts';
import { type Departed, TransactionPool } from './transaction-pool.ts';
import { validatorKeys } from './validator-key.ts';

export class Chain {
  readonly #ctx: DurableObjectState;
  readonly #env: Bindings;
  readonly #store: ChainStore;
  readonly #log: Logger;
  readonly #context: ChainContext;
  readonly #genesis: Genesis;
  readonly #signLog: SignLog;
  readonly #producer: BlockProducer;
  readonly #pool: TransactionPool;
  readonly #ingress: Ingress;
  readonly #outbox: Outbox;
  readonly #nodeTarget: NodeTarget;
  readonly #ledgerTarget: LedgerTarget | null;
  readonly #wakeup: Wakeup;
  readonly #finals = new FinalIndex();
  readonly #waiters = new FinalityWaiters();
  #head: ChainHead;
  #counters: ChainCounters;
  #parent: ParentBlock;

  constructor(
    ctx: DurableObjectState,
    env: Bindings,
    settings: Settings,
    store: ChainStore,
    alarmMs: number | null,
  ) {
    this.#ctx = ctx;
    this.#env = env;
    this.#store = store;
    const identity = store.identity();
    const genesis = decodeGenesis(identity.genesis);
    this.#log = createLogger('chain', { chain_id: identity.chainId });
    this.#genesis = genesis;
    this.#context = { genesis, genesisHash: parseHash(identity.genesisHash), registry: nodeTransactions };
    const keys = validatorKeys(settings.validatorKey);
    assert(keys !== null, 'a chain is only created on the node that holds its validator key');
    this.#signLog = new SignLog(ctx.storage.sql);
    this.#producer = new BlockProducer(this.#context, store, this.#signLog, keys);
    this.#pool = new TransactionPool(store, this.#context.registry, genesis);
    this.#ingress = new Ingress((transactions) => this.#admit(transactions));
    this.#outbox = new Outbox(this.#log, () => this.#arm(Date.now()));
    this.#nodeTarget = new NodeTarget(env, () => this.snapshot(), alarmMs !== null);
    ({ head: this.#head, counters: this.#counters } = store.head());
    this.#parent = this.#loadParent();
    const targets = store.targets();
    this.#ledgerTarget = ledgerTargetFor(
      settings,
      {
        store,
        context: this.#context,
        ledgerName: identity.isDefault ? 'default' : identity.chainId,
        log: this.#log,
        headHeight: () => this.#head.height,
        onChange: () => this.#nodeChanged(),
      },
      targets,
    );
    this.#wakeup = new Wakeup(ctx.storage, alarmMs, () => this.#tick());
    this.#addTargets(targets);
  }

  get head(): ChainHead {
    return this.#head;
  }

  /** After waking: pending transactions are read back, and whatever was due meanwhile happens now. */
  start(): void {
    this.#pool.load();
    this.#tick();
  }

  /** The watchdog: a push to the registry may have died with the object's former life, so it is made again. */
  alarm(): void {
    this.#wakeup.alarmFired();
    this.#nodeTarget.changed();
    this.#tick();
  }

  async submit(transactions: readonly Uint8Array[], waitMs: number): Promise<Result<SubmitOutcome>[]> {
    if (this.#ingress.full(transactions.length)) {
      return transactions.map(() => fail('CHAIN_OVERLOADED', 'too many transactions wait to be admitted'));
    }
    const outcomes = await this.#ingress.submit(transactions);
    if (waitMs <= 0) return outcomes;
    return Promise.all(outcomes.map((outcome) => this.#untilSettled(outcome, waitMs)));
  }

  account(text: string): AccountView {
    const address = parseAddress(text);
    const { exists, balance, nonce } = readAccount(this.#store, address);
    const pending_nonce = this.#pool.pendingNonce(address, nonce);
    return { address, exists, balance, nonce, pending_nonce, height: this.#head.height };
  }

  /** Pending, departed, or final in a block that the ledger may not have yet; `unknown` = ask the ledger. */
  transaction(hash: string): {
    status: TransactionStatus | 'unknown';
    pending?: PendingTransaction;
    block?: StoredBlock;
    tx_index?: number;
  } {
    const pending = this.#pool.get(hash);
    if (pending !== undefined) return { status: 'pending', pending };
    const position = this.#finalPosition(hash);
    if (position !== undefined) {
      const block = this.#store.block(position.height);
      if (block !== null) return { status: 'final', block, tx_index: position.txIndex };
    }
    return { status: this.#store.departed(hash) ?? 'unknown' };
  }

  mempoolPage(
    limit: number,
    after?: string,
  ): {
    transactions: PendingTransaction[];
    total: number;
    bytes: number;
    next: string | null;
    height: number;
  } {
    const { transactions, next } = this.#pool.page(limit, after);
    return { transactions, total: this.#pool.size, bytes: this.#pool.bytes, next, height: this.#head.height };
  }

  snapshot(): ChainSnapshot {
    return {
      chain_id: this.#genesis.chainId,
      genesis_hash: this.#context.genesisHash,
      chain_type: this.#genesis.chainType,
      status: 'RUNNING',
      head: this.#head,
      ledger: this.#ledgerTarget?.health ?? { status: 'none', height: 0 },
      mempool_transactions: this.#pool.size,
      mempool_bytes: this.#pool.bytes,
      validators: this.#genesis.authorities.length,
      transactions_total: this.#counters.transactions,
      rounds_total: this.#counters.rounds,
      last_rounds: this.#counters.lastRounds,
      finality_seconds: this.#counters.finalitySeconds,
      updated_ms: Date.now(),
    };
  }

  rebuildLedger(): Result<{ from: number; to: number }> {
    if (this.#ledgerTarget === null)
      return fail('LEDGER_NONE', 'this node has no ledger: DATABASE_URL is not set');
    if ((this.#store.lowestHeight() ?? 1) !== 1) {
      return fail('LEDGER_REBUILD_REFUSED', 'this object no longer holds every block from height 1');
    }
    this.#ledgerTarget.rebuild();
    this.#tick();
    return ok({ from: 1, to: this.#head.height });
  }

  attachHub(shard: number, nextHeight: number): { head: ChainHead } {
    this.#store.setTarget(hubTargetName(shard), nextHeight);
    this.#addHub(shard, nextHeight);
    this.#tick();
    return { head: this.#head };
  }

  detachHub(shard: number): null {
    const target = this.#outbox.get(hubTargetName(shard));
    if (target !== undefined) this.#removeHub(target as HubTarget);
    return null;
  }

  /** One durable step for a group of transactions: admission, rows and, when one is due, the block that holds them. */
  #admit(transactions: readonly Uint8Array[]): Result<SubmitOutcome>[] {
    const nowMs = Date.now();
    const outcomes = this.#orAbort(() =>
      this.#ctx.storage.transactionSync(() => {
        const { outcomes, departed } = this.#pool.admit(transactions, this.#head.height + 1, nowMs);
        this.#settle(departed);
        return outcomes;
      }),
    );
    this.#tick();
    return outcomes.map((outcome) => this.#asItStands(outcome));
  }

  /** Everything that is due at this moment. Called after each event that may have made something due. */
  #tick(): void {
    const nowMs = Date.now();
    this.#expire(nowMs);
    const dueMs = this.#producer.dueMs(this.#parent, this.#pool.hasCandidates());
    if (dueMs !== null && dueMs <= nowMs) this.#orAbort(() => this.#produce(nowMs));
    this.#arm(nowMs);
  }

  /** Starts due deliveries and sets the timer for what comes next; an idle chain has none. */
  #arm(nowMs: number): void {
    this.#outbox.kick(nowMs);
    const due = [
      this.#producer.dueMs(this.#parent, this.#pool.hasCandidates()),
      this.#outbox.nextDueMs(nowMs),
      this.#pool.nextExpiryMs(),
    ].filter((dueMs) => dueMs !== null);
    this.#wakeup.set(due.length === 0 ? null : Math.min(...due), nowMs);
  }

  /** Candidates that execution refuses for good leave the pool, so that they cannot ask for a block for ever. */
  #produce(nowMs: number): void {
    const departed = this.#ctx.storage.transactionSync(() => {
      const { block, rejected } = this.#producer.produce(this.#parent, this.#pool.candidates(), nowMs);
      const dropped = this.#pool.drop(rejected, nowMs);
      return block === null ? dropped : [...dropped, ...this.#commit(block, nowMs)];
    });
    this.#settle(departed);
    this.#nodeTarget.changed();
  }

  /** Inside the SQLite transaction of the block: rows first, then the head in memory, which the rows justify. */
  #commit(certified: CertifiedBlock, nowMs: number): Departed[] {
    const { executed, certificate } = certified;
    const { header } = executed.block;
    this.#store.applyBlock(executed, encodeCertificate(certificate));
    const departed = this.#pool.settle(executed, nowMs);
    const waits = departed
      .filter(({ status }) => status === 'final')
      .map(({ receivedMs }) => (nowMs - receivedMs) / 1000);
    this.#head = {
      height: header.height,
      hash: executed.hash,
      time_ms: header.timeMs,
      state_root: header.stateRoot,
      tx_count: executed.block.transactions.length,
      proposer: header.proposer,
    };
    this.#counters = {
      transactions: this.#counters.transactions + executed.block.transactions.length,
      rounds: this.#counters.rounds + certificate.round + 1,
      lastRounds: certificate.round + 1,
      finalitySeconds: observe(this.#counters.finalitySeconds, waits),
    };
    this.#store.writeHead(this.#head, this.#counters);
    if (header.height % SIGN_LOG_HEIGHTS === 0) this.#signLog.prune(header.height);
    this.#parent = { height: header.height, hash: executed.hash, timeMs: header.timeMs, commit: certificate };
    this.#finals.add(header.height, executed.receipts);
    this.#log.debug('block committed', {
      function: 'commit',
      height: header.height,
      hash: executed.hash,
      transactions: this.#head.tx_count,
    });
    return departed;
  }

  #expire(nowMs: number): void {
    const dueMs = this.#pool.nextExpiryMs();
    if (dueMs === null || dueMs > nowMs) return;
    this.#settle(
      this.#orAbort(() =>
        this.#ctx.storage.transactionSync(() => this.#pool.expire(this.#head.height + 1, nowMs)),
      ),
    );
  }

  #settle(departed: readonly Departed[]): void {
    for (const { hash, status } of departed) {
      const position = status === 'final' ? this.#finals.get(hash) : undefined;
      this.#waiters.settle(position === undefined ? { tx_hash: hash, status } : finalOutcome(hash, position));
    }
  }

  /** A new transaction may have become final within its own turn, and one with a used nonce may be that very one. */
  #asItStands(outcome: Result<SubmitOutcome>): Result<SubmitOutcome> {
    if (outcome.ok) {
      const position = this.#finals.get(outcome.value.tx_hash);
      return position === undefined ? outcome : ok(finalOutcome(outcome.value.tx_hash, position));
    }
    const hash = outcome.problem.extra?.tx_hash;
    if (outcome.problem.code !== 'TX_NONCE_TOO_LOW' || typeof hash !== 'string') return outcome;
    const position = this.#finalPosition(hash);
    return position === undefined ? outcome : ok(finalOutcome(hash, position));
  }

  /** The outcome once the transaction has left the pool, or as it stands after `waitMs`. */
  async #untilSettled(outcome: Result<SubmitOutcome>, waitMs: number): Promise<Result<SubmitOutcome>> {
    if (!outcome.ok) return outcome;
    let latest = outcome.value;
    if (latest.status === 'pending') latest = (await this.#waiters.wait(latest.tx_hash, waitMs)) ?? latest;
    if (latest.status === 'final') await this.#nodeTarget.settled();
    return ok(latest);
  }

  #finalPosition(hash: string): ReturnType<FinalIndex['get']> {
    const known = this.#finals.get(hash);
    if (known !== undefined) return known;
    const ledgerHeight = this.#ledgerTarget?.health.height ?? 0;
    const from = ledgerHeight + 1;
    if (from >= this.#finals.completeFrom || from > this.#head.height) return undefined;
    for (const block of this.#store.blocks(from, this.#head.height - from + 1)) {
      this.#finals.add(block.height, decodeReceipts(block.receipts));
    }
    return this.#finals.get(hash);
  }

  #nodeChanged(): void {
    this.#nodeTarget.changed();
    this.#outbox.kick(Date.now());
  }

  #addTargets(targets: ReadonlyMap<string, number>): void {
    this.#outbox.add(this.#nodeTarget);
    if (this.#ledgerTarget !== null) this.#outbox.add(this.#ledgerTarget);
    for (const [name, nextHeight] of targets) {
      const shard = /^hub\/(\d+)$/.exec(name)?.[1];
      if (shard !== undefined) this.#addHub(Number(shard), nextHeight);
    }
  }

  #addHub(shard: number, nextHeight: number): void {
    this.#outbox.add(
      new HubTarget(
        { shard, nextHeight },
        {
          chainId: this.#context.genesis.chainId,
          env: this.#env,
          store: this.#store,
          head: () => this.#head,
          onEmpty: (target) => this.#removeHub(target),
        },
      ),
    );
  }

  #removeHub(target: HubTarget): void {
    if (this.#outbox.remove(target)) this.#store.deleteTarget(target.name);
  }

  #loadParent(): ParentBlock {
    const { height, hash, time_ms } = this.#head;
    const block = this.#store.block(height);
    const commit = block === null ? null : decodeCertificate(block.certificate);
    assert(height === 0 || commit !== null, 'the block at the head is stored with its certificate');
    return { height, hash: parseHash(hash), timeMs: time_ms, commit };
  }

  /** A fault half-way leaves memory and storage apart: the object forgets its memory and starts from storage. */
  #orAbort<T>(turn: () => T): T {
    try {
      return turn();
    } catch (error) {
      this.#log.error('a turn failed; the object restarts from its storage', {
        function: 'turn',
        error: errorText(error),
      });
      this.#ctx.abort(errorText(error));
      throw error;
    }
  }
}
