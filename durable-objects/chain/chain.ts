/**
 * @module One running chain: wires mempool, consensus, publication and timer together. Every change of state happens in
 * one synchronous turn and one SQLite transaction; everything in memory can be lost between any two turns.
 */
import type { ChainHead, ChainPeer, ChainSnapshot, Result, SubmitOutcome } from '../../shared/api/objects.ts';
import type { Settings } from '../../shared/api/settings.ts';
import { createLogger, errorText, type Logger } from '../../shared/observability/log.ts';
import type { ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';
import type { ChainContext } from '../../shared/protocol/execution/chain-context.ts';
import type { FinalBlocks } from '../../shared/protocol/execution/verify-range.ts';
import { decodeGenesis } from '../../shared/protocol/genesis/encode.ts';
import type { Genesis } from '../../shared/protocol/genesis/genesis.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { nodeTransactions } from '../../shared/protocol/transaction/registry.ts';
import type { ValidatorSet } from '../../shared/protocol/validators/validator-set.ts';
import type { Bindings } from '../runtime/bindings.ts';
import { fail, ok } from '../runtime/rpc-result.ts';
import { Wakeup } from '../runtime/wakeup.ts';
import { ChainAdmission } from './chain-admission.ts';
import { ChainMachine } from './chain-machine.ts';
import { ChainNetwork } from './chain-network.ts';
import { ChainOrders } from './chain-orders.ts';
import { ChainReads } from './chain-reads.ts';
import { snapshotOf } from './chain-snapshot.ts';
import { ChainViews } from './chain-views.ts';
import { Finality } from './finality.ts';
import { HeadTracker } from './head-tracker.ts';
import { ledgerRecordFor } from './ledger-connection.ts';
import type { PeerLinks } from './links/peer-links.ts';
import { Publisher } from './publisher.ts';
import { RecentBlocks } from './recent-blocks.ts';
import { RecentCheckpoints } from './recent-checkpoints.ts';
import { genesisTrust } from './snapshots/light-trail.ts';
import { StateSnapshots } from './snapshots/state-snapshots.ts';
import { refusalFor } from './storage-guard.ts';
import type { ChainStore } from './store.ts';
import { ChainSync } from './sync/chain-sync.ts';
import { type Departed, TransactionPool } from './transaction-pool.ts';
import { type LocalKeys, localKeys } from './validator-key.ts';

export class Chain {
  readonly #ctx: DurableObjectState;
  readonly #settings: Settings;
  readonly #store: ChainStore;
  readonly #log: Logger;
  readonly #genesis: Genesis;
  readonly #context: ChainContext;
  readonly #head: HeadTracker;
  readonly #recent = new RecentBlocks();
  readonly #checkpoints = new RecentCheckpoints();
  readonly #pool: TransactionPool;
  readonly #admission: ChainAdmission;
  readonly #finality: Finality;
  readonly #publisher: Publisher;
  readonly #machine: ChainMachine;
  readonly #network: ChainNetwork;
  readonly #wakeup: Wakeup;
  readonly reads: ChainReads;
  /** Snapshots of the state, made and taken. */
  readonly snapshots: StateSnapshots;
  /** Blocks from and for other nodes. */
  readonly sync: ChainSync;
  /** What is said of consensus to those who ask. */
  readonly views: ChainViews;
  /** What the operator orders, and evidence that anyone brings. */
  readonly orders: ChainOrders;
  /** The chain stands on a snapshot: this object has to start anew. */
  readonly #onSnapshot: () => void;
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
    onSnapshot: () => void,
  ) {
    this.#ctx = ctx;
    this.#onSnapshot = onSnapshot;
    this.#settings = settings;
    this.#store = store;
    const identity = store.identity();
    const genesis = decodeGenesis(identity.genesis);
    this.#genesis = genesis;
    this.#context = { genesis, genesisHash: parseHash(identity.genesisHash), registry: nodeTransactions };
    this.#log = createLogger('chain', { chain_id: identity.chainId });
    this.#head = new HeadTracker(store);
    this.#pool = new TransactionPool(store, this.#context.registry, genesis);
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
      mayTell: () => this.#machine.signing.mayTell,
      onLedgerTop: (height) => this.#event(() => this.#machine.signing.noteLedger(height)),
      onSettled: () => this.#arm(Date.now()),
    });
    this.#finality = new Finality({
      store,
      headHeight: () => this.head.height,
      ledgerHeight: () => this.#publisher.ledger?.health.height ?? 0,
      published: () => this.#publisher.node.settled(),
    });
    this.#admission = this.#wireAdmission();
    this.reads = new ChainReads(store, this.#pool, this.#finality, () => this.head.height);
    this.snapshots = new StateSnapshots({
      storage: ctx.storage,
      store,
      registry: nodeTransactions,
      trust: genesisTrust(genesis, this.#context.genesisHash),
      ...settings.snapshots,
      log: this.#log,
    });
    const keys = localKeys(settings);
    this.#machine = this.#wireMachine(env, keys);
    this.#network = this.#wireNetwork(env, keys);
    this.sync = this.#wireSync(env, keys);
    this.views = new ChainViews({
      state: store,
      head: () => this.head,
      driver: this.#machine.driver,
      signing: () => this.#machine.signing.view(),
      pendingEvidence: () => this.#machine.evidence.size,
      connected: () => this.#network.connectedValidators,
    });
    this.orders = new ChainOrders({
      machine: this.#machine,
      network: this.#network,
      head: () => this.head,
      event: (work) => this.#event(work),
    });
    this.#wakeup = new Wakeup(ctx.storage, alarmMs, () => this.#tick());
  }

  /** Sockets to other nodes. */
  get links(): PeerLinks {
    return this.#network.links;
  }

  /** Peers have more blocks than this node. */
  peersAhead(peers: readonly ChainPeer[]): null {
    this.#event(() => {
      this.#network.peersAhead(peers);
      this.sync.peersAhead(peers);
    });
    return null;
  }

  get head(): ChainHead {
    return this.#head.head;
  }

  /** After waking: pending transactions are read back, and whatever was due meanwhile happens now. */
  start(): void {
    this.#event(() => {
      this.#departed.push(...this.#pool.load(this.#nowMs));
      this.#machine.driver.start(this.#nowMs);
      this.#network.start();
      this.sync.start();
    });
  }

  /** The watchdog: a push to the registry may have died with the object's former life, so it is made again. */
  alarm(): void {
    this.#wakeup.alarmFired();
    this.#publisher.node.changed();
    this.#tick();
  }

  submit(transactions: readonly Uint8Array[], waitMs: number): Promise<Result<SubmitOutcome>[]> {
    return this.#admission.submit(transactions, waitMs);
  }

  #refusal(): ReturnType<typeof refusalFor> {
    if (this.sync.refusal !== null) return this.sync.refusal;
    const { ledger } = this.#publisher;
    const outboxBlocks = ledger === null ? 0 : this.head.height - ledger.health.height;
    return refusalFor({ databaseBytes: this.#ctx.storage.sql.databaseSize, outboxBlocks }, this.#settings);
  }

  snapshot(): ChainSnapshot {
    return snapshotOf({
      genesis: this.#genesis,
      genesisHash: this.#context.genesisHash,
      head: this.#head,
      ledger: this.#publisher.ledger?.health,
      pool: this.#pool,
      machine: this.#machine,
      network: this.#network,
      sync: this.sync,
      store: this.#store,
      checkpoints: this.#checkpoints,
    });
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

  #wireAdmission(): ChainAdmission {
    return new ChainAdmission({
      storage: this.#ctx.storage,
      genesisHash: this.#context.genesisHash,
      pool: this.#pool,
      finality: this.#finality,
      nextHeight: () => this.head.height + 1,
      nowMs: () => this.#nowMs,
      refusal: () => this.#refusal(),
      event: (work) => this.#event(work),
      onDeparted: (departed) => this.#departed.push(...departed),
      onTaken: (taken) => {
        // On their way to the others before consensus asks what to send to the proposer.
        this.#network.publish(taken);
        this.#machine.driver.workArrived(this.#nowMs);
      },
    });
  }

  #wireMachine(env: Bindings, keys: LocalKeys): ChainMachine {
    const ledgerName = this.#publisher.ledgerName;
    return new ChainMachine({
      env,
      askLedger: ledgerRecordFor(this.#settings, { ledgerName, genesisHash: this.#context.genesisHash }),
      onAnswer: () => this.#event(() => undefined),
      onChanged: () => this.#publisher.node.changed(),
      storage: this.#ctx.storage,
      context: this.#context,
      genesis: this.#genesis,
      keys: keys.validator,
      links: () => this.#network.validators,
      store: this.#store,
      pool: this.#pool,
      head: this.#head,
      finals: this.#finality.index,
      recent: this.#recent,
      checkpoints: this.#checkpoints,
      log: this.#log,
      nowMs: () => this.#nowMs,
      onDeparted: (departed) => this.#departed.push(...departed),
      onCommitted: (final, validators) => this.#onCommitted(final, validators),
      // After the turn, like everything that leaves.
      onEvidence: (evidence) => queueMicrotask(() => this.#network.publishEvidence(evidence)),
      onEvent: (event) => this.#onEvent(event),
    });
  }

  #wireNetwork(env: Bindings, keys: LocalKeys): ChainNetwork {
    const { blocks, evidence, driver } = this.#machine;
    return new ChainNetwork({
      chainId: this.#genesis.chainId,
      genesisHash: this.#context.genesisHash,
      isPublic: this.#genesis.chainType !== 'bilateral',
      env,
      settings: this.#settings,
      keys,
      ctx: this.#ctx,
      store: this.#store,
      pool: this.#pool,
      blocks,
      evidence,
      head: this.#head,
      log: this.#log,
      driver: () => driver,
      nowMs: () => this.#nowMs,
      event: (work) => this.#event(work),
      admit: (transactions) => this.#admission.admitForeign(transactions),
      onWork: () => driver.workArrived(this.#nowMs),
      onFigures: () => this.#publisher.node.changed(),
      onFarBehind: (peer, height) => {
        this.sync.tip(peer, height, null);
        return true;
      },
      onTip: (peer, height, certificate) => this.sync.tip(peer, height, certificate),
    });
  }

  #wireSync(env: Bindings, keys: LocalKeys): ChainSync {
    return new ChainSync({
      chainId: this.#genesis.chainId,
      context: this.#context,
      env,
      settings: this.#settings,
      keys,
      ctx: this.#ctx,
      store: this.#store,
      head: this.#head,
      pool: this.#pool,
      driver: this.#machine.driver,
      log: this.#log,
      transport: this.#network.links.requests,
      snapshots: this.snapshots,
      onSnapshot: this.#onSnapshot,
      nowMs: () => this.#nowMs,
      event: (work) => this.#event(work),
      onChange: () => this.#publisher.node.changed(),
    });
  }

  /** The registry hears of it, and neighbours need not send again what stands in it. */
  #onCommitted({ blocks }: FinalBlocks, validators: ValidatorSet): void {
    this.snapshots.onCommitted(blocks, validators);
    this.sync.headMoved();
    this.#publisher.node.changed();
    const [only] = blocks;
    if (only === undefined || blocks.length > 1) return;
    this.#network.settled(only.executed.block.transactions.map(({ hash }) => hash));
  }

  #onEvent(event: ConsensusEvent): void {
    this.#log.debug('consensus event', { function: 'consensus', event: event.name });
    this.#publisher.announcer.take(event, this.#nowMs);
    const isNews = event.name === 'double_sign_prevented' || (event.name === 'new_round' && event.round > 0);
    if (isNews) this.#publisher.node.changed();
  }

  /** Everything that is due at this moment. */
  #tick(): void {
    this.#event(() => {
      this.#network.tick();
      this.#admission.expire();
      this.snapshots.cut();
      this.sync.tick();
      this.#machine.driver.tick(this.#nowMs);
      const emptyDueMs = this.#machine.consensus.emptyBlockDueMs();
      if (emptyDueMs !== null && emptyDueMs <= this.#nowMs) this.#machine.driver.workArrived(this.#nowMs);
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
      this.#machine.signing.mind();
      this.#network.flush();
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
      this.#machine.driver.nextDueMs(),
      this.#machine.signing.nextDueMs(),
      this.#machine.consensus.emptyBlockDueMs(),
      outbox.nextDueMs(nowMs),
      this.#pool.nextExpiryMs(),
      this.#network.nextDueMs(nowMs),
      this.sync.nextDueMs(nowMs),
      this.snapshots.isCutting ? nowMs : null,
    ].filter((dueMs) => dueMs !== null);
    this.#wakeup.set(due.length === 0 ? null : Math.min(...due), nowMs);
  }
}
