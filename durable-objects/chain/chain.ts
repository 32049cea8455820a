/**
 * @module One running chain: wires mempool, consensus, publication and timer together. Every change of state happens in
 * one synchronous turn and one SQLite transaction; everything in memory can be lost between any two turns.
 */
import type { ChainHead, ChainSnapshot, Result, SubmitOutcome } from '../../shared/api/objects.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { createLogger, errorText, type Logger } from '../../shared/observability/log.ts';
import type { ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import { decodeGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { nodeTransactions } from '../../shared/protocol/transaction/registry.ts';
import type { Bindings } from '../runtime/bindings.ts';
import { fail, ok } from '../runtime/rpc-result.ts';
import { Wakeup } from '../runtime/wakeup.ts';
import { CandidateBlocks } from './candidate-blocks.ts';
import { ChainConsensus } from './chain-consensus.ts';
import { ChainReads } from './chain-reads.ts';
import { ChainViews } from './chain-views.ts';
import { ConsensusDriver } from './consensus-driver.ts';
import { consensusFigures } from './consensus-figures.ts';
import { ConsensusStore } from './consensus-store.ts';
import { EvidencePool, environmentAbove } from './evidence-pool.ts';
import { Finality } from './finality.ts';
import { HeadTracker } from './head-tracker.ts';
import { Ingress } from './ingress.ts';
import { PeerLinks } from './links/peer-links.ts';
import { Publisher } from './publisher.ts';
import { RecentBlocks } from './recent-blocks.ts';
import { SignLog } from './sign-log.ts';
import { refusalFor } from './storage-guard.ts';
import type { ChainStore } from './store.ts';
import { type Departed, TransactionPool } from './transaction-pool.ts';
import { type ValidatorKeys, validatorKeys } from './validator-key.ts';
import { ValidatorNetwork } from './validator-network.ts';

/** Links stay open this long after the last height was decided, so that a chain in use need not dial for each block. */
const LINK_LINGER_MS = 10_000;

export class Chain {
  readonly #ctx: DurableObjectState;
  readonly #settings: Settings;
  readonly #store: ChainStore;
  readonly #log: Logger;
  readonly #genesis: Genesis;
  readonly #context: ChainContext;
  readonly #head: HeadTracker;
  readonly #recent = new RecentBlocks();
  readonly #pool: TransactionPool;
  readonly #ingress: Ingress;
  readonly #finality: Finality;
  readonly #publisher: Publisher;
  readonly #consensus: ChainConsensus;
  readonly #driver: ConsensusDriver;
  readonly #network: ValidatorNetwork;
  readonly #wakeup: Wakeup;
  readonly reads: ChainReads;
  /** What is said of consensus to those who ask. */
  readonly views: ChainViews;
  /** Sockets to the nodes of the other validators. */
  readonly links: PeerLinks;
  /** Since when consensus rests; null while a height is open. */
  #restingSinceMs: number | null = null;
  /** The local time of the event that is being handled, milliseconds. */
  #nowMs = 0;
  /** What left the pool in the turn that runs; told once it is over. */
  #departed: Departed[] = [];

  constructor(
    ctx: DurableObjectState,
    env: Bindings,
    settings: Settings,
    store: ChainStore,
    alarmMs: number | null,
  ) {
    this.#ctx = ctx;
    this.#settings = settings;
    this.#store = store;
    const identity = store.identity();
    const genesis = decodeGenesis(identity.genesis);
    this.#genesis = genesis;
    this.#context = { genesis, genesisHash: parseHash(identity.genesisHash), registry: nodeTransactions };
    this.#log = createLogger('chain', { chain_id: identity.chainId });
    this.#head = new HeadTracker(store);
    this.#pool = new TransactionPool(store, this.#context.registry, genesis);
    this.#ingress = new Ingress((transactions) => this.#admit(transactions));
    this.#publisher = new Publisher({
      env,
      settings,
      store,
      context: this.#context,
      ledgerName: identity.isDefault ? 'default' : identity.chainId,
      log: this.#log,
      head: () => this.head,
      recent: this.#recent,
      snapshot: () => this.snapshot(),
      mayBeStale: alarmMs !== null,
      onSettled: () => this.#arm(Date.now()),
    });
    this.#finality = new Finality({
      store,
      headHeight: () => this.head.height,
      ledgerHeight: () => this.#publisher.ledger?.health.height ?? 0,
      published: () => this.#publisher.node.settled(),
    });
    this.reads = new ChainReads(store, this.#pool, this.#finality, () => this.head.height);
    const keys = validatorKeys(settings.validatorKey);
    assert(keys !== null, 'a chain is only created on a node that holds a validator key of it');
    const wired = this.#wireConsensus(keys);
    this.#consensus = wired.consensus;
    this.#driver = wired.driver;
    this.#network = wired.network;
    this.links = this.#wireLinks(keys);
    this.views = new ChainViews({
      state: store,
      head: () => this.head,
      driver: this.#driver,
      connected: () => this.links.connected,
    });
    this.#wakeup = new Wakeup(ctx.storage, alarmMs, () => this.#tick());
  }

  get head(): ChainHead {
    return this.#head.head;
  }

  /** After waking: pending transactions are read back, and whatever was due meanwhile happens now. */
  start(): void {
    this.#event(() => {
      this.#departed.push(...this.#pool.load(this.#nowMs));
      this.#driver.start(this.#nowMs);
      const opened = this.links.connected.map((peer) => ({ type: 'peer_connected', peer }) as const);
      if (opened.length > 0) this.#driver.input(opened, this.#nowMs);
    });
  }

  /** The watchdog: a push to the registry may have died with the object's former life, so it is made again. */
  alarm(): void {
    this.#wakeup.alarmFired();
    this.#publisher.node.changed();
    this.#tick();
  }

  async submit(transactions: readonly Uint8Array[], waitMs: number): Promise<Result<SubmitOutcome>[]> {
    if (this.#ingress.full(transactions.length)) {
      return transactions.map(() => fail('CHAIN_OVERLOADED', 'too many transactions wait to be admitted'));
    }
    const refusal = this.#refusal();
    if (refusal !== null) return transactions.map(() => refusal);
    const outcomes = await this.#ingress.submit(transactions);
    if (waitMs <= 0) return outcomes;
    return Promise.all(outcomes.map((outcome) => this.#finality.untilSettled(outcome, waitMs)));
  }

  #refusal(): ReturnType<typeof refusalFor> {
    const { ledger } = this.#publisher;
    const outboxBlocks = ledger === null ? 0 : this.head.height - ledger.health.height;
    return refusalFor({ databaseBytes: this.#ctx.storage.sql.databaseSize, outboxBlocks }, this.#settings);
  }

  snapshot(): ChainSnapshot {
    const { counters } = this.#head;
    return {
      chain_id: this.#genesis.chainId,
      genesis_hash: this.#context.genesisHash,
      chain_type: this.#genesis.chainType,
      status: 'RUNNING',
      head: this.head,
      ledger: this.#publisher.ledger?.health ?? { status: 'none', height: 0 },
      mempool_transactions: this.#pool.size,
      mempool_bytes: this.#pool.bytes,
      validators: this.#driver.state.validators.length,
      transactions_total: counters.transactions,
      rounds_total: counters.rounds,
      last_rounds: counters.lastRounds,
      finality_seconds: counters.finalitySeconds,
      consensus: consensusFigures(this.#driver.state, counters, this.links.connected.length),
      updated_ms: Date.now(),
    };
  }

  rebuildLedger(): Result<{ from: number; to: number }> {
    const { ledger } = this.#publisher;
    if (ledger === null) return fail('LEDGER_NONE', 'this node has no ledger: DATABASE_URL is not set');
    if ((this.#store.lowestHeight() ?? 1) !== 1) {
      return fail('LEDGER_REBUILD_REFUSED', 'this object no longer holds every block from height 1');
    }
    ledger.rebuild();
    this.#tick();
    return ok({ from: 1, to: this.head.height });
  }

  attachHub(shard: number, nextHeight: number, volatile: boolean): { head: ChainHead } {
    this.#publisher.attachHub(shard, nextHeight, volatile);
    this.#tick();
    return { head: this.head };
  }

  detachHub(shard: number): null {
    this.#publisher.detachHub(shard);
    return null;
  }

  #wireConsensus(keys: ValidatorKeys): {
    consensus: ChainConsensus;
    driver: ConsensusDriver;
    network: ValidatorNetwork;
  } {
    const signLog = new SignLog(this.#ctx.storage.sql);
    const blocks = new CandidateBlocks({
      context: this.#context,
      store: this.#store,
      parent: () => this.#head.parent,
      verified: (hash) => this.#pool.get(hash) !== undefined,
      onInvalid: (hash, error) =>
        this.#log.warning('a block is invalid', {
          function: 'verify',
          hash,
          code: error.code,
          detail: error.message,
        }),
    });
    const evidence = new EvidencePool({
      state: this.#store,
      genesisHash: this.#context.genesisHash,
      nextBlock: () => environmentAbove(this.#genesis, this.#store, this.#head.parent, this.#nowMs),
    });
    const consensus = new ChainConsensus({
      context: this.#context,
      consensusKey: keys.consensusKey,
      store: this.#store,
      pool: this.#pool,
      head: this.#head,
      blocks,
      evidence,
      finals: this.#finality.index,
      recent: this.#recent,
      signLog,
      log: this.#log,
      nowMs: () => this.#nowMs,
      onDeparted: (departed) => this.#departed.push(...departed),
      onCommitted: () => this.#publisher.node.changed(),
      // After the turn, like everything that leaves.
      onEvidence: (evidence) => queueMicrotask(() => this.links.broadcast({ kind: 'evidence', evidence })),
      onEvent: (event) => this.#onEvent(event),
    });
    const network = new ValidatorNetwork({
      sink: {
        send: (peer, frame) => this.links.send(peer, frame),
        broadcast: (frame) => this.links.broadcast(frame),
      },
      store: this.#store,
      blocks,
      pool: this.#pool,
      evidence,
      head: this.#head,
      log: this.#log,
      nowMs: () => this.#nowMs,
      admit: (transactions) => this.#admitFromPeer(transactions),
    });
    const driver = new ConsensusDriver({
      storage: this.#ctx.storage,
      store: new ConsensusStore(this.#ctx.storage.sql),
      signLog,
      keys,
      blocks,
      host: consensus,
      links: network,
      genesisHash: this.#context.genesisHash,
      log: this.#log,
    });
    return { consensus, driver, network };
  }

  #wireLinks(keys: ValidatorKeys): PeerLinks {
    return new PeerLinks({
      chainId: this.#genesis.chainId,
      genesisHash: this.#context.genesisHash,
      self: keys,
      peers: this.#settings.peers,
      isValidator: (key) => this.#driver.validators.some(({ consensusKey }) => consensusKey === key),
      log: this.#log,
      ctx: this.#ctx,
      now: () => Date.now(),
      onFrame: (peer, frame) => this.#event(() => this.#network.receive(peer, frame, this.#driver)),
      onConnected: (peer) => {
        if (!this.#driver.isStarted) return;
        this.#event(() => this.#driver.input([{ type: 'peer_connected', peer }], this.#nowMs));
      },
    });
  }

  #onEvent(event: ConsensusEvent): void {
    this.#log.debug('consensus event', { function: 'consensus', event: event.name });
    this.#publisher.announcer.take(event, this.#nowMs);
    const isNews = event.name === 'double_sign_prevented' || (event.name === 'new_round' && event.round > 0);
    if (isNews) this.#publisher.node.changed();
  }

  /** One durable step for a group of transactions: admission and rows; then, when one is due, the block that holds them. */
  #admit(transactions: readonly Uint8Array[]): Result<SubmitOutcome>[] {
    let outcomes: Result<SubmitOutcome>[] = [];
    this.#event(() => {
      this.#ctx.storage.transactionSync(() => {
        const admitted = this.#pool.admit(transactions, this.head.height + 1, this.#nowMs);
        this.#departed.push(...admitted.departed);
        outcomes = admitted.outcomes;
      });
      this.#driver.workArrived(this.#nowMs);
    });
    return outcomes.map((outcome) => this.#finality.asItStands(outcome));
  }

  /** Transactions that another validator passes on. */
  #admitFromPeer(transactions: readonly Uint8Array[]): void {
    const fresh = this.#pool.checkForeign(transactions, this.#context.genesisHash);
    if (fresh.length === 0) return;
    this.#ctx.storage.transactionSync(() => {
      this.#departed.push(...this.#pool.admit(fresh, this.head.height + 1, this.#nowMs).departed);
    });
    this.#driver.workArrived(this.#nowMs);
  }

  /** Everything that is due at this moment. */
  #tick(): void {
    this.#event(() => {
      const restDueMs = this.#restDueMs(this.#nowMs);
      if (restDueMs !== null && restDueMs <= this.#nowMs) this.links.closeIdle();
      this.#expire();
      this.#driver.tick(this.#nowMs);
      const emptyDueMs = this.#consensus.emptyBlockDueMs();
      if (emptyDueMs !== null && emptyDueMs <= this.#nowMs) this.#driver.workArrived(this.#nowMs);
    });
  }

  #expire(): void {
    const dueMs = this.#pool.nextExpiryMs();
    if (dueMs === null || dueMs > this.#nowMs) return;
    this.#ctx.storage.transactionSync(() => {
      this.#departed.push(...this.#pool.expire(this.head.height + 1, this.#nowMs));
    });
  }

  /**
   * Handles one event: reads the clock once, runs the turns, tells who waits, and arms the timer. A fault half-way leaves
   * memory and storage apart: the object then forgets its memory and starts from storage.
   */
  #event(work: () => void): void {
    this.#nowMs = Date.now();
    try {
      work();
    } catch (error) {
      this.#log.error('a turn failed; the object restarts from its storage', {
        function: 'event',
        error: errorText(error),
      });
      this.#ctx.abort(errorText(error));
      throw error;
    }
    const departed = this.#departed;
    this.#departed = [];
    this.#finality.settle(departed);
    this.#arm(this.#nowMs);
  }

  /** Starts due deliveries and sets the timer for what comes next; an idle chain has none. */
  #arm(nowMs: number): void {
    const { outbox } = this.#publisher;
    this.#publisher.announcer.flush();
    outbox.kick(nowMs);
    const due = [
      this.#driver.nextDueMs(),
      this.#consensus.emptyBlockDueMs(),
      outbox.nextDueMs(nowMs),
      this.#pool.nextExpiryMs(),
      this.#restDueMs(nowMs),
    ].filter((dueMs) => dueMs !== null);
    this.#wakeup.set(due.length === 0 ? null : Math.min(...due), nowMs);
  }

  /** When links are closed because nothing needs them; null while consensus works, or when none is open or sought. */
  #restDueMs(nowMs: number): number | null {
    const isResting = this.#driver.isStarted && this.#driver.isResting;
    if (!isResting) this.#restingSinceMs = null;
    else this.#restingSinceMs ??= nowMs;
    if (this.#restingSinceMs === null || this.links.isQuiet) return null;
    return Math.max(this.#restingSinceMs, this.links.lastActivityMs) + LINK_LINGER_MS;
  }
}
