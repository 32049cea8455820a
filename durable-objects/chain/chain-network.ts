/**
 * @module What goes between one chain and its other nodes: consensus among validators, transactions towards them, final
 * blocks and evidence to everyone.
 */
import type { ChainPeer, GossipFigures, Result } from '../../shared/api/objects.ts';
import type { PeerFrame } from '../../shared/api/p2p/frame.ts';
import { assertNever } from '../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import type { CandidateBlocks } from './candidate-blocks.ts';
import { ChainPeers, type ChainPeersDeps } from './chain-peers.ts';
import type { EvidencePool } from './evidence-pool.ts';
import { BlockGossip } from './gossip/block-gossip.ts';
import { EvidenceGossip } from './gossip/evidence-gossip.ts';
import { GossipMeter } from './gossip/gossip-figures.ts';
import { KnownFollowers } from './gossip/known-followers.ts';
import { WAKING_MAX } from './gossip/limits.ts';
import { TransactionGossip } from './gossip/transaction-gossip.ts';
import { Wakes } from './gossip/wakes.ts';
import type { HeadTracker } from './head-tracker.ts';
import type { PeerLinks } from './links/peer-links.ts';
import type { ChainStore } from './store.ts';
import type { ForeignVerdict, TakenTransaction, TransactionPool } from './transaction-pool.ts';
import { ValidatorNetwork } from './validator-network.ts';

/** What gossip has brought is told to the node's registry with the next block, or this long after. */
const FIGURES_DELAY_MS = 1_000;

type OwnHandlers = 'onFrame' | 'onConnected' | 'onDirectory' | 'onOverBudget';

export interface ChainNetworkDeps extends Omit<ChainPeersDeps, OwnHandlers> {
  readonly store: ChainStore;
  readonly pool: TransactionPool;
  readonly blocks: CandidateBlocks;
  readonly evidence: EvidencePool;
  readonly head: HeadTracker;
  /** The time of the event that runs. */
  readonly nowMs: () => number;
  /** Checks and admits transactions of a peer within the event. */
  admit(transactions: readonly TakenTransaction[]): readonly ForeignVerdict[];
  /** There may be something to put into a block. */
  onWork(): void;
  /** The figures have changed since they were last read. */
  onFigures(): void;
  /** A peer is further ahead than gossip is made for: true when sync does the rest. */
  onFarBehind(peer: ConsensusKey, height: number): boolean;
  /** A peer announces its head; without a certificate it only says so. */
  onTip(peer: ConsensusKey, height: number, certificate: Uint8Array | null): void;
}

export class ChainNetwork {
  readonly #deps: ChainNetworkDeps;
  readonly #meter = new GossipMeter();
  readonly #peers: ChainPeers;
  readonly #followers: KnownFollowers;
  readonly #transactions: TransactionGossip;
  readonly #blockGossip: BlockGossip;
  readonly #evidence: EvidenceGossip;
  readonly #wakes: Wakes;
  /** How consensus reaches the other validators. */
  readonly validators: ValidatorNetwork;
  /** The head that neighbours were last told of. */
  #toldHeight: number;
  #wasValidating = false;
  /** Changes that the figures showed when they were last read, and when the registry hears of later ones. */
  #shownChanges = 0;
  #figuresDueMs: number | null = null;

  constructor(deps: ChainNetworkDeps) {
    this.#deps = deps;
    this.#toldHeight = deps.head.head.height;
    this.#followers = new KnownFollowers(deps.ctx.storage.sql);
    this.#peers = new ChainPeers({
      ...deps,
      onFrame: (peer, frame) => this.#receive(peer, frame),
      onConnected: (peer) => this.#connected(peer),
      onDirectory: () => this.#wakes.goOn(),
      onOverBudget: () => this.#overBudget(),
    });
    this.#transactions = this.#wireTransactions();
    this.#blockGossip = this.#wireBlocks();
    this.#evidence = this.#wireEvidence();
    this.#wakes = this.#wireWakes();
    this.validators = this.#wireValidators();
  }

  get links(): PeerLinks {
    return this.#peers.links;
  }

  /** The other nodes, for whoever asks them for more than gossip brings. */
  get peers(): ChainPeers {
    return this.#peers;
  }

  get figures(): GossipFigures {
    this.#shownChanges = this.#meter.changes;
    this.#figuresDueMs = null;
    return {
      ...this.#meter.read(),
      seen: this.#transactions.seen,
      links: this.links.connected.length,
    };
  }

  /** Validators with an open link, in key order. */
  get connectedValidators(): readonly ConsensusKey[] {
    return this.links.connected.filter((peer) => this.#peers.roleOf(peer) === 'validator');
  }

  /** After waking: consensus hears of the links that slept, and a follower asks where the others are. */
  start(): void {
    const { nowMs, pool } = this.#deps;
    this.#wasValidating = this.#peers.isValidating();
    for (const peer of this.links.connected) this.#connected(peer);
    if (this.#wasValidating) return;
    if (this.#peers.mayAsk(nowMs()) || pool.size > 0) this.#peers.engage(nowMs());
  }

  /** Transactions that were sent to this node and that it took. */
  publish(transactions: readonly TakenTransaction[]): void {
    if (transactions.length === 0 || this.#isAlone) return;
    const nowMs = this.#deps.nowMs();
    this.#transactions.publish(transactions, nowMs);
    if (!this.#peers.isValidating()) this.#peers.engage(nowMs);
  }

  /** A final block brought these. */
  settled(hashes: readonly HashHex[]): void {
    if (!this.#isAlone) this.#transactions.settle(hashes, this.#deps.nowMs());
  }

  /** Evidence that this node has made. */
  publishEvidence(evidence: Uint8Array): void {
    this.#evidence.publish(evidence, null);
  }

  /** Evidence that a client brings. */
  offerEvidence(evidence: Uint8Array): Result<null> {
    return this.#evidence.offer(evidence);
  }

  /** Peers are ahead, says the node's registry: they are called and say where they are. */
  peersAhead(peers: readonly ChainPeer[]): void {
    this.#peers.learn(peers, this.#deps.nowMs());
    for (const peer of this.links.connected) this.#peers.send(peer, this.#blockGossip.tip());
  }

  /** At the end of each event: what it brought goes to the neighbours. */
  flush(): void {
    const { head, nowMs } = this.#deps;
    this.#transactions.flush(nowMs());
    if (this.#meter.changes !== this.#shownChanges) this.#figuresDueMs ??= nowMs() + FIGURES_DELAY_MS;
    const { height } = head.head;
    if (height === this.#toldHeight || this.#isAlone) return;
    this.#toldHeight = height;
    this.#changeRole();
    this.#tellHead();
  }

  tick(): void {
    const nowMs = this.#deps.nowMs();
    this.#peers.tick(nowMs, this.#isAsking);
    this.#blockGossip.tick(nowMs);
    this.#transactions.tick(nowMs);
    if (this.#figuresDueMs !== null && this.#figuresDueMs <= nowMs) {
      this.#figuresDueMs = null;
      this.#deps.onFigures();
    }
    const mustOffer = !this.#peers.isValidating() && this.#deps.pool.size > 0;
    if (mustOffer && this.#peers.upstreams().length === 0) this.#peers.engage(nowMs);
  }

  /** When to call `tick` again; null while there is nothing to do. */
  nextDueMs(nowMs: number): number | null {
    const due = [
      this.#peers.nextDueMs(nowMs, this.#isAsking),
      this.#blockGossip.nextDueMs(),
      this.#transactions.nextDueMs(),
      this.#figuresDueMs,
    ].filter((dueMs) => dueMs !== null);
    return due.length === 0 ? null : Math.min(...due);
  }

  get #isAsking(): boolean {
    return this.#blockGossip.nextDueMs() !== null;
  }

  /** A single validator that nobody follows speaks to nobody. */
  get #isAlone(): boolean {
    const isOnly = this.#peers.isValidating() && this.#peers.validators().length === 0;
    return isOnly && this.#followers.size === 0 && this.links.connected.length === 0;
  }

  #wireTransactions(): TransactionGossip {
    const { pool, admit, onWork } = this.#deps;
    return new TransactionGossip({
      neighbours: this.#peers,
      meter: this.#meter,
      pool,
      admit,
      onWork,
      onInvalid: (peer) => this.#forged(peer),
    });
  }

  /** No honest node passes on what nobody signed: whoever does not validate is let in again after a while only. */
  #forged(peer: ConsensusKey): void {
    const detail = 'a transaction that nobody signed';
    if (this.#peers.roleOf(peer) !== 'validator') this.links.expel(peer, detail);
    this.#peers.report(peer, 'invalid_transaction', detail);
  }

  #wireBlocks(): BlockGossip {
    const { head, store, blocks, driver, nowMs, log, onFarBehind } = this.#deps;
    return new BlockGossip({
      neighbours: this.#peers,
      meter: this.#meter,
      log,
      head: () => head.parent,
      stored: (from, limit, bytesMax) => store.blocks(from, limit, bytesMax),
      judge: (hash, body) => blocks.judge(hash, body),
      decide: (certificate, block) => driver().input([{ type: 'decided', certificate, block }], nowMs()),
      onFarBehind,
      onOffence: (peer, offence) => this.#peers.report(peer, offence, 'when it was asked for blocks'),
    });
  }

  #wireEvidence(): EvidenceGossip {
    const { evidence, onWork, log } = this.#deps;
    return new EvidenceGossip({
      neighbours: this.#peers,
      meter: this.#meter,
      log,
      pool: evidence,
      onNew: onWork,
    });
  }

  #wireWakes(): Wakes {
    const { ctx, nowMs } = this.#deps;
    return new Wakes({
      followers: this.#followers,
      hasUrl: (peer) => this.#peers.directory.urlOf(peer) !== undefined,
      onUnknown: () => this.#peers.directory.refresh(nowMs()),
      post: (peer, frame) => this.links.post(peer, frame, WAKING_MAX),
      tip: () => this.#blockGossip.tip(),
      waitUntil: (work) => ctx.waitUntil(work),
    });
  }

  #wireValidators(): ValidatorNetwork {
    const { blocks, driver, nowMs, log } = this.#deps;
    return new ValidatorNetwork({
      neighbours: this.#peers,
      blocks,
      blockGossip: this.#blockGossip,
      transactionGossip: this.#transactions,
      driver,
      nowMs,
      onDecided: (peer, height) => this.#deps.onTip(peer, height, null),
      onImpostor: (peer) => {
        log.warning('a peer outside the set takes part in consensus', { function: 'impostor', peer });
        this.links.expel(peer, 'not a validator');
      },
    });
  }

  #receive(peer: ConsensusKey, frame: PeerFrame): void {
    const nowMs = this.#deps.nowMs();
    switch (frame.kind) {
      case 'consensus':
        this.validators.receiveMessage(peer, frame.message);
        return;
      case 'block':
        this.validators.receiveBody(peer, frame.body);
        return;
      case 'request_block':
        this.validators.answerBody(peer, frame.hash);
        return;
      case 'decided':
        this.#blockGossip.receive(peer, frame, nowMs);
        return;
      case 'request_decided':
        this.#blockGossip.answer(peer, frame.from, frame.to);
        return;
      case 'tip':
        this.#receiveTip(peer, frame.height, nowMs);
        this.#deps.onTip(peer, frame.height, frame.certificate);
        return;
      case 'transactions':
        this.#transactions.receive(peer, frame, nowMs);
        return;
      case 'have_transactions':
        this.#transactions.receiveAnnouncement(peer, frame.hashes, nowMs);
        return;
      case 'want_transactions':
        this.#transactions.answer(peer, frame.hashes, nowMs);
        return;
      case 'evidence':
        this.#evidence.receive(peer, frame.evidence);
        return;
      default:
        assertNever(frame);
    }
  }

  /** Counted without an event of its own; the first one since the figures were told sees to it that they are. */
  #overBudget(): void {
    this.#meter.dropped('budget', 1);
    if (this.#figuresDueMs !== null) return;
    this.#figuresDueMs = Date.now() + FIGURES_DELAY_MS;
    queueMicrotask(() => this.#deps.event(() => undefined));
  }

  /** The chain goes on: a follower that slept calls its upstreams, the one that woke it among them. */
  #receiveTip(peer: ConsensusKey, height: number, nowMs: number): void {
    const { head } = this.#deps;
    if (!this.#peers.isValidating() && height > head.head.height) this.#peers.engage(nowMs, peer);
    this.#blockGossip.receiveTip(peer, height, nowMs);
  }

  /** Validators compare where they stand; towards others, whoever is behind asks. */
  #connected(peer: ConsensusKey): void {
    const { driver, nowMs } = this.#deps;
    const role = this.#peers.roleOf(peer);
    if (role === 'validator') this.#evidence.greet(peer);
    if (role === 'validator' && this.#peers.isValidating()) {
      driver().input([{ type: 'peer_connected', peer }], nowMs());
      return;
    }
    this.#peers.send(peer, this.#blockGossip.tip());
    if (role !== 'validator') this.#followers.met(peer, nowMs());
    if (role === 'stranger') return;
    this.#peers.worked(peer);
    this.#transactions.upstreamOpened(nowMs());
  }

  /** The head has moved: whoever is linked and lacks it hears of it, followers that sleep are woken. */
  #tellHead(): void {
    const { head, nowMs } = this.#deps;
    const { height } = head.head;
    const hasIt = (peer: ConsensusKey): boolean => this.#blockGossip.tipOf(peer) >= height;
    const behind = this.links.connected.filter(
      (peer) => this.#peers.roleOf(peer) !== 'validator' && !hasIt(peer),
    );
    const tip = behind.length === 0 ? null : this.#blockGossip.tip();
    if (tip !== null) for (const peer of behind) this.#peers.send(peer, tip);
    const isAware = (peer: ConsensusKey): boolean =>
      this.links.isConnected(peer) || hasIt(peer) || this.#peers.roleOf(peer) === 'validator';
    this.#wakes.wake(isAware, nowMs());
  }

  /** With any block this node may come into the set, and needs no upstreams then, or leave it, and needs some. */
  #changeRole(): void {
    const isValidating = this.#peers.isValidating();
    if (isValidating === this.#wasValidating) return;
    this.#wasValidating = isValidating;
    if (isValidating) this.#peers.disengage();
    else this.#peers.engage(this.#deps.nowMs());
  }
}
