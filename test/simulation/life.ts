/**
 * @module One instance of a node's object, from a start to the loss of its memory: it carries out the effects of the real
 * step over real storage and execution, and nothing leaves a turn before the writes of that turn are durable.
 */
import { EvidencePool, environmentAbove } from '../../durable-objects/chain/evidence-pool.ts';
import type { ConsensusEffect } from '../../shared/protocol/consensus/effect.ts';
import type { ConsensusInput, NewHeight } from '../../shared/protocol/consensus/input.ts';
import type { ConsensusMessage } from '../../shared/protocol/consensus/message.ts';
import { proposerKey } from '../../shared/protocol/consensus/proposal.ts';
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import { type StepResult, start, step } from '../../shared/protocol/consensus/step.ts';
import type { Timer, TimerKind } from '../../shared/protocol/consensus/timeouts.ts';
import type { ConsensusContext } from '../../shared/protocol/consensus/turn.ts';
import type { ExecutedBlock, ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { PageReader } from '../../shared/protocol/merkle/page-store.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { StateReader } from '../../shared/protocol/primitives/state-reader.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { type Evidence, encodeEvidence } from '../../shared/protocol/votes/evidence.ts';
import { EvidenceError } from '../../shared/protocol/votes/evidence-error.ts';
import { Blocks } from './blocks.ts';
import { type Frame, frameOf } from './frame.ts';
import { receiveFrame } from './inbox.ts';
import { Keeper } from './keeper.ts';
import type { SignedMessage, SimulatedNode } from './node.ts';
import { StorageFault } from './sql-storage.ts';
import { NodeStorage } from './storage.ts';
import { Violation } from './violation.ts';
import type { Prospect } from './world.ts';

/** Decided blocks in one answer. */
const DECIDED_BLOCKS_MAX = 8;
/** A node asks for the same height again after this time. */
const SYNC_RETRY_MS = 500;

/** A block that became final in the turn that is running. */
interface Decision {
  readonly executed: ExecutedBlock;
  readonly certificate: CommitCertificate;
}

export class Life {
  readonly node: SimulatedNode;
  readonly storage: NodeStorage;
  readonly blocks: Blocks;
  readonly evidence: EvidencePool;
  /** Null for a byzantine node, which signs what it likes. */
  readonly keeper: Keeper | null;
  readonly context: ConsensusContext;
  state!: ConsensusState;
  parent: ParentBlock;
  isOver = false;
  /** The latest local time at which a proposal of the open height came: what its block was measured by. */
  proposalMs = 0;
  readonly #timers = new Map<TimerKind, number>();
  #timerSequence = 0;
  #outbox: (() => void)[] = [];
  #signed: SignedMessage[] = [];
  #decisions: Decision[] = [];
  #inputs: ConsensusInput[] = [];
  #wrote = false;
  #sync = { height: 0, atMs: 0 };
  /** Answers by height, until the next block. */
  readonly #decidedFrames = new Map<number, Frame>();

  constructor(node: SimulatedNode) {
    const { world } = node.simulation;
    const { genesisHash } = world.chain;
    this.node = node;
    this.storage = new NodeStorage(node.sql.connect());
    this.blocks = new Blocks(this);
    this.parent = this.storage.parent();
    this.keeper = node.isHonest ? new Keeper(this) : null;
    this.evidence = new EvidencePool({
      sql: this.storage.connection.asStorage,
      state: this.storage.store,
      genesisHash,
      nextBlock: () => environmentAbove(world.genesis, this.storage.store, this.parent, node.nowMs),
      onNew: ({ validator, height }) => {
        if (validator === node.key) this.keeper?.accused(height);
      },
    });
    const signer = node.signerOver(this, (signed) => this.#signed.push(signed));
    this.context = { genesisHash, verifier: world.verifier, signer };
  }

  /** The instance that has the storage; a stale one lives on without it. */
  get isCurrent(): boolean {
    return this.node.life === this;
  }

  /** The state after the last decided block. */
  get chainState(): StateReader & PageReader {
    this.storage.connection.touch();
    return this.node.simulation.world.stateAfter(this.parent.hash, this.storage.store);
  }

  /** Starts from what is durable, as after a crash, an eviction or a deploy. */
  start(): void {
    for (const body of this.storage.keptBodies()) this.blocks.add(body);
    const recovery = { height: this.#newHeight(), record: this.storage.record(), blocks: [] };
    this.turn(() => {
      const result = start(this.context, recovery, this.node.nowMs);
      this.node.simulation.observer.recovered(this.node, result.state, this.node.durable);
      this.#take(result);
      this.offerWork();
    });
  }

  /** Memory is gone; storage stays. Blocks of a turn that was not committed are no blocks, and their transactions wait. */
  end(): void {
    this.isOver = true;
    for (const { executed } of this.#decisions) this.node.pool.putBack(executed.block.transactions);
    this.#decisions = [];
  }

  /** One synchronous turn: all inputs that follow from it, one commit, then everything leaves. */
  turn(work: () => void): void {
    if (this.isOver) return;
    try {
      work();
      this.drain();
      this.storage.flush();
      if (this.#wrote && this.node.meetsCrash()) this.#crash();
      else {
        this.#commit();
        this.#leave(this.#outbox.length);
        if (!this.isOver) this.keeper?.mind();
      }
    } catch (error) {
      if (!(error instanceof StorageFault)) throw error;
      this.node.failed(this);
    }
    if (this.isCurrent) this.node.behaviour?.afterTurn?.(this.node);
  }

  input(input: ConsensusInput): void {
    this.turn(() => this.#inputs.push(input));
  }

  /** Adds an input to the turn that is running. */
  enqueue(input: ConsensusInput): void {
    this.#inputs.push(input);
  }

  /** Takes up all inputs of the turn that is running. */
  drain(): void {
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      const state = this.node.behaviour?.tamper?.(this.node, this.state) ?? this.state;
      this.#take(step(this.context, state, input, this.node.nowMs));
    }
  }

  receive(from: number, frame: Frame): void {
    this.turn(() => receiveFrame(this, from, frame));
  }

  fire(timer: Timer, sequence: number): void {
    if (this.#timers.get(timer.kind) !== sequence) return;
    this.#timers.delete(timer.kind);
    this.input({ type: 'timeout', timer });
  }

  /** The key may sign from now on. */
  signerReady(): void {
    this.turn(() => {
      this.#inputs.push({ type: 'signer_ready' });
      this.offerWork();
    });
  }

  workArrived(): void {
    this.turn(() => this.offerWork());
  }

  /** Sends once the writes of this turn are durable. */
  later(leave: () => void): void {
    this.#outbox.push(leave);
  }

  /** What the node knows of its chain beside the chain's storage follows the head, once it was asked how far that was. */
  tellRegistry(): void {
    const { registry } = this.node;
    if (this.keeper?.mayTell !== false) registry.height = Math.max(registry.height, this.parent.height);
  }

  /** Keeps evidence for a block; true when it is new here and holds. */
  keepEvidence(bytes: Uint8Array): boolean {
    if (this.node.simulation.scenario.changes === 'none') return false;
    try {
      return this.evidence.add(bytes) === 'new';
    } catch (error) {
      if (!(error instanceof EvidenceError)) throw error;
      this.node.simulation.statistics.add(`refused_evidence/${error.code}`);
      return false;
    }
  }

  /** Decided blocks from a height on. Whoever is behind asks everyone, and often. */
  decidedFrom(height: number): Frame {
    this.storage.connection.touch();
    let frame = this.#decidedFrames.get(height);
    if (frame === undefined) {
      const blocks = this.storage.store.blocks(height, DECIDED_BLOCKS_MAX);
      frame = { kind: 'decided', blocks: blocks.map(({ certificate, body }) => ({ certificate, body })) };
      this.#decidedFrames.set(height, frame);
    }
    return frame;
  }

  #commit(): void {
    if (!this.isCurrent) return;
    const { node } = this;
    node.sql.commit();
    node.durable = this.state;
    this.#wrote = false;
    const { observer } = node.simulation;
    // What was decided says who may sign next; a turn that dies has decided nothing.
    for (const { executed } of this.#decisions) observer.deciding(node, executed);
    if (this.#signed.length > 0) {
      for (const each of this.#signed) observer.signed(node, each);
      this.#signed = [];
    }
    if (this.#decisions.length > 0) {
      for (const { executed, certificate } of this.#decisions) observer.decided(node, executed, certificate);
      this.#decisions = [];
    }
  }

  #leave(count: number): void {
    if (this.#outbox.length === 0) return;
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const leave of outbox.slice(0, count)) leave();
  }

  /** Dies at the end of a turn: with its writes, without them, or in the middle of sending. */
  #crash(): void {
    const { node } = this;
    const { crash } = node;
    const { statistics } = node.simulation;
    statistics.add(`crash_points/${crash}`);
    const role = proposerKey(this.state, this.state.round) === node.key ? 'proposer' : 'voter';
    statistics.add(`crashed_as/${role} in ${this.state.step}`);
    if (crash !== 'before_persist') {
      this.#commit();
      if (crash === 'half_sent') this.#leave(this.#outbox.length >> 1);
    }
    node.simulation.goDown(node);
  }

  #take(result: StepResult): void {
    this.state = result.state;
    if (this.isCurrent) this.node.simulation.observer.stepped(this.node, result);
    for (const effect of result.effects) this.#carryOut(effect);
  }

  #carryOut(effect: ConsensusEffect): void {
    const { node } = this;
    const { observer } = node.simulation;
    switch (effect.type) {
      case 'persist':
        this.#wrote = true;
        this.storage.persist(effect.record, (hash) => this.blocks.body(hash));
        return;
      case 'broadcast':
        this.later(() => node.sendAll(this.#frame(effect.message)));
        return;
      case 'send':
        this.#toPeer(effect.peer, () => this.#frame(effect.message));
        return;
      case 'schedule':
        this.#schedule(effect.timer, effect.delayMs);
        return;
      case 'build_block':
        this.blocks.build(effect.round, effect.timeMs, effect.lastCommit);
        return;
      case 'validate':
      case 'request_block':
        if (!this.blocks.want(effect.hash) && effect.type === 'request_block')
          this.later(() => node.sendAll({ kind: 'get_block', hash: effect.hash }));
        return;
      case 'sync':
        this.#askForDecided(effect.peer, effect.height);
        return;
      case 'send_decided':
        this.#toPeer(effect.peer, () => this.decidedFrom(effect.height));
        return;
      case 'send_transactions':
        if (effect.peer === node.key && node.isHonest)
          throw new Violation('nothing_to_oneself', `node ${node.index} sends itself its transactions`);
        this.#toPeer(effect.peer, () => ({ kind: 'transactions', transactions: node.pool.oldest() }));
        return;
      case 'decide':
        this.#decide(effect);
        return;
      case 'halt':
        node.hasHalted = true;
        observer.halted(node, effect.hash);
        return;
      case 'evidence':
        this.#accuse(effect.evidence);
        return;
      case 'event':
        if (this.isCurrent) observer.event(node, effect.event);
    }
  }

  #decide(effect: Extract<ConsensusEffect, { type: 'decide' }>): void {
    const { node } = this;
    const executed = this.blocks.take(effect.hash);
    this.#wrote = true;
    this.storage.decide(executed, effect.certificate);
    this.keeper?.committed({ executed, certificate: effect.certificate });
    const { height, timeMs } = executed.block.header;
    this.later(() => this.tellRegistry());
    this.parent = { height, hash: effect.hash, timeMs, commit: effect.certificate };
    this.#decisions.push({ executed, certificate: effect.certificate });
    this.proposalMs = 0;
    this.#decidedFrames.clear();
    node.pool.forget(executed.block.transactions);
    this.blocks.forgetBelow(height + 1);
    this.evidence.settle();
    this.#inputs.unshift({ type: 'new_height', ...this.#newHeight() });
    this.offerWork();
  }

  /** What this node saw waits for a block, here and at the others. */
  #accuse(evidence: Evidence): void {
    this.node.simulation.observer.evidence(this.node, evidence);
    const bytes = encodeEvidence(evidence);
    if (!this.keepEvidence(bytes)) return;
    this.later(() => this.node.sendAll({ kind: 'evidence', bytes }));
    this.offerWork();
  }

  #newHeight(): NewHeight {
    const { validators, params } = this.#prospect;
    const { height, hash, timeMs, commit } = this.parent;
    return { height: height + 1, validators, params, parent: { hash, timeMs }, lastCommit: commit };
  }

  get #prospect(): Prospect {
    this.storage.connection.touch();
    return this.node.simulation.world.prospect(this.storage.store, this.parent);
  }

  /** Asks for a block if something is there that wants one. */
  offerWork(): void {
    if (this.#hasWork()) this.#inputs.push({ type: 'work_available' });
  }

  #hasWork(): boolean {
    const { genesis } = this.node.simulation.world;
    if (genesis.params.emptyBlocks === 'always' || this.node.pool.hasWork()) return true;
    return this.evidence.size > 0 || this.#prospect.hasPendingWork;
  }

  #frame(message: ConsensusMessage): Frame {
    const body = message.kind === 'proposal' ? this.blocks.body(message.proposal.blockHash) : null;
    return frameOf(message, body);
  }

  #toPeer(peer: ConsensusKey, frame: () => Frame): void {
    const { node } = this;
    const to = node.simulation.world.indexOf.get(peer);
    if (to === undefined || to === node.identity) return;
    this.later(() => {
      for (const other of node.simulation.nodes) if (other.identity === to) node.send(other.index, frame());
    });
  }

  #schedule(timer: Timer, delayMs: number): void {
    const sequence = ++this.#timerSequence;
    this.#timers.set(timer.kind, sequence);
    this.later(() => this.node.simulation.schedule(this, timer, sequence, delayMs));
  }

  #askForDecided(peer: ConsensusKey, height: number): void {
    const { nowMs } = this.node.simulation;
    if (this.#sync.height === height && nowMs < this.#sync.atMs + SYNC_RETRY_MS) return;
    this.#sync = { height, atMs: nowMs };
    this.#toPeer(peer, () => ({ kind: 'get_decided', height }));
  }
}
