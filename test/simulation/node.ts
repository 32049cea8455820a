/**
 * @module A simulated node: it carries out the effects of the real step over real storage and execution, and obeys the
 * rule of its platform that nothing leaves a turn before the writes of that turn are durable.
 */
import { DoubleSignPrevented } from '../../durable-objects/chain/sign-log.ts';
import type { ConsensusEffect } from '../../shared/protocol/consensus/effect.ts';
import type { ConsensusInput, NewHeight } from '../../shared/protocol/consensus/input.ts';
import type { ConsensusMessage } from '../../shared/protocol/consensus/message.ts';
import type { ConsensusSigner, SignPosition } from '../../shared/protocol/consensus/signer.ts';
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import { type StepResult, start, step } from '../../shared/protocol/consensus/step.ts';
import type { Timer, TimerKind } from '../../shared/protocol/consensus/timeouts.ts';
import type { ConsensusContext } from '../../shared/protocol/consensus/turn.ts';
import type { ParentBlock } from '../../shared/protocol/execution/executed-block.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { readValidators } from '../../shared/protocol/state/validators.ts';
import { decodeCertificate } from '../../shared/protocol/votes/encode.ts';
import type { Behaviour } from './behaviour.ts';
import { Blocks } from './blocks.ts';
import { type DecidedBytes, type Frame, frameOf, messageIn } from './frame.ts';
import { Pool } from './pool.ts';
import type { Simulation } from './simulation.ts';
import { NodeStorage } from './storage.ts';

/** Decided blocks in one answer. */
const DECIDED_BLOCKS_MAX = 8;
/** A node asks for the same height again after this time. */
const SYNC_RETRY_MS = 500;

/** A failure of storage in the middle of a turn: the object starts again from what is durable. */
export class StorageFault extends Error {
  override readonly name = 'StorageFault';
}

export interface SignedMessage {
  readonly position: SignPosition;
  readonly message: Uint8Array;
}

export class SimulatedNode {
  readonly index: number;
  /** Index of its key: twins share one. */
  readonly identity: number;
  readonly key: ConsensusKey;
  readonly simulation: Simulation;
  readonly behaviour: Behaviour | null;
  readonly storage: NodeStorage;
  readonly blocks: Blocks;
  readonly pool: Pool;
  isUp = false;
  hasHalted = false;
  /** Difference of its clock to virtual time, milliseconds. */
  clockMs = 0;
  /** What happens at the end of the next turn that writes. */
  crash: 'before_persist' | 'after_persist' | 'half_sent' | 'storage' | null = null;
  /** Crashes in its n-th turn that writes, once. */
  crashPlan: { turn: number; how: 'before_persist' | 'after_persist' | 'half_sent' } | null = null;
  #writingTurns = 0;
  state!: ConsensusState;
  parent!: ParentBlock;
  readonly #context: ConsensusContext;
  readonly #timers = new Map<TimerKind, number>();
  #timerSequence = 0;
  #outbox: (() => void)[] = [];
  #signed: SignedMessage[] = [];
  #inputs: ConsensusInput[] = [];
  #wrote = false;
  /** The state of the last turn that was committed. */
  #durable: ConsensusState | null = null;
  #sync = { height: 0, atMs: 0 };

  constructor(simulation: Simulation, index: number, behaviour: Behaviour | null) {
    const { world } = simulation;
    this.simulation = simulation;
    this.index = index;
    this.behaviour = behaviour;
    this.identity = index % world.keys.length;
    this.key = world.keys[this.identity] as ConsensusKey;
    this.storage = new NodeStorage(world);
    this.blocks = new Blocks(this);
    this.pool = new Pool(this);
    const { genesisHash } = world.chain;
    this.#context = { genesisHash, verifier: world.verifier, signer: this.#makeSigner() };
  }

  get isHonest(): boolean {
    return this.behaviour === null;
  }

  get nowMs(): number {
    return this.simulation.nowMs + this.clockMs;
  }

  get context(): ConsensusContext {
    return this.#context;
  }

  /** Starts from what is durable, as after a crash, an eviction or a deploy. */
  boot(): void {
    if (this.hasHalted) return;
    this.isUp = true;
    this.crash = null;
    this.#timers.clear();
    this.#sync = { height: 0, atMs: 0 };
    this.blocks.reset();
    this.parent = this.storage.parent();
    for (const body of this.storage.keptBodies()) this.blocks.add(body);
    const recovery = { height: this.#newHeight(), record: this.storage.record(), blocks: [] };
    this.turn(() => {
      const result = start(this.#context, recovery, this.nowMs);
      this.simulation.observer.recovered(this, result.state, this.#durable);
      this.#take(result);
      this.#offerWork();
    });
    if (this.isUp) this.simulation.connected(this);
  }

  /** Memory is gone; storage stays. */
  down(): void {
    this.isUp = false;
    this.#timers.clear();
    this.#outbox = [];
    this.#signed = [];
    this.#inputs = [];
    this.#wrote = false;
    this.storage.sql.rollback();
  }

  /** One synchronous turn: all inputs that follow from it, one commit, then everything leaves. */
  turn(work: () => void): void {
    if (!this.isUp) return;
    try {
      work();
      this.#drain();
    } catch (error) {
      if (!(error instanceof StorageFault)) throw error;
      this.down();
      this.boot();
      return;
    }
    if (this.#wrote) this.#meetPlan();
    if (this.#wrote && this.crash !== null) {
      this.#crashNow();
      return;
    }
    this.#commit();
    const outbox = this.#outbox;
    this.#outbox = [];
    for (const leave of outbox) leave();
    this.behaviour?.afterTurn?.(this);
  }

  input(input: ConsensusInput): void {
    this.turn(() => this.#inputs.push(input));
  }

  /** Adds an input to the turn that is running. */
  enqueue(input: ConsensusInput): void {
    this.#inputs.push(input);
  }

  receive(from: number, frame: Frame): void {
    this.turn(() => this.#receive(from, frame));
  }

  fire(timer: Timer, sequence: number): void {
    if (this.#timers.get(timer.kind) !== sequence) return;
    this.#timers.delete(timer.kind);
    this.input({ type: 'timeout', timer });
  }

  /** Sends at the end of the turn, or at once outside of one. */
  send(to: number, frame: Frame): void {
    const frames = this.behaviour?.outgoing?.(this, to, frame) ?? [frame];
    for (const each of frames) this.simulation.network.send(this.index, to, each);
  }

  sendAll(frame: Frame): void {
    for (const node of this.simulation.nodes) if (node !== this) this.send(node.index, frame);
  }

  /** A byzantine node signs whatever it likes; what it signs is on record for the checks. */
  signFreely(position: SignPosition, message: Uint8Array): Uint8Array {
    this.simulation.observer.signed(this, { position, message });
    return this.simulation.world.signer(this.identity).sign(message);
  }

  workArrived(): void {
    this.turn(() => this.#offerWork());
  }

  #meetPlan(): void {
    this.#writingTurns += 1;
    if (this.#writingTurns !== this.crashPlan?.turn) return;
    this.crash = this.crashPlan.how;
    this.crashPlan = null;
  }

  #crashNow(): void {
    const { crash } = this;
    this.simulation.statistics.add(`crash_points/${crash}`);
    if (crash === 'before_persist') {
      this.simulation.goDown(this);
      return;
    }
    const signed = this.#signed;
    const outbox = this.#outbox;
    this.storage.sql.commit();
    this.#durable = this.state;
    for (const each of signed) this.simulation.observer.signed(this, each);
    if (crash === 'half_sent') for (const leave of outbox.slice(0, outbox.length >> 1)) leave();
    this.simulation.goDown(this);
  }

  #commit(): void {
    this.storage.sql.commit();
    this.#durable = this.state;
    this.#wrote = false;
    for (const each of this.#signed) this.simulation.observer.signed(this, each);
    this.#signed = [];
  }

  #drain(): void {
    for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
      const state = this.behaviour?.tamper?.(this, this.state) ?? this.state;
      this.#take(step(this.#context, state, input, this.nowMs));
    }
  }

  #take(result: StepResult): void {
    this.state = result.state;
    this.simulation.observer.stepped(this, result);
    for (const effect of result.effects) this.#carryOut(effect);
  }

  #carryOut(effect: ConsensusEffect): void {
    const { simulation } = this;
    switch (effect.type) {
      case 'persist':
        this.#wrote = true;
        this.storage.persist(effect.record, (hash) => this.blocks.body(hash));
        if (this.crash === 'storage') {
          simulation.statistics.add('crash_points/storage');
          throw new StorageFault('a write failed');
        }
        return;
      case 'broadcast':
        this.#outbox.push(() => this.sendAll(this.#frame(effect.message)));
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
          this.#outbox.push(() => this.sendAll({ kind: 'get_block', hash: effect.hash }));
        return;
      case 'sync':
        this.#askForDecided(effect.peer, effect.height);
        return;
      case 'send_decided':
        this.#toPeer(effect.peer, () => this.#decidedFrom(effect.height));
        return;
      case 'send_transactions':
        this.#toPeer(effect.peer, () => ({ kind: 'transactions', transactions: this.pool.oldest() }));
        return;
      case 'decide':
        this.#decide(effect);
        return;
      case 'halt':
        this.hasHalted = true;
        simulation.observer.halted(this, effect.hash);
        return;
      case 'evidence':
        simulation.observer.evidence(this, effect.evidence);
        return;
      case 'event':
        simulation.observer.event(this, effect.event);
    }
  }

  #decide(effect: Extract<ConsensusEffect, { type: 'decide' }>): void {
    const executed = this.blocks.take(effect.hash);
    this.#wrote = true;
    this.storage.decide(executed, effect.certificate);
    const { height, timeMs } = executed.block.header;
    this.parent = { height, hash: effect.hash, timeMs, commit: effect.certificate };
    this.#outbox.push(() => this.simulation.observer.decided(this, executed, effect.certificate));
    this.pool.forget(executed.block.transactions);
    this.blocks.forgetBelow(height + 1);
    this.#inputs.unshift({ type: 'new_height', ...this.#newHeight() });
    this.#offerWork();
  }

  #newHeight(): NewHeight {
    const { parent } = this;
    return {
      height: parent.height + 1,
      validators: readValidators(this.storage.store),
      params: this.simulation.world.genesis.params,
      parent: { hash: parent.hash, timeMs: parent.timeMs },
      lastCommit: parent.commit,
    };
  }

  #offerWork(): void {
    if (this.pool.hasWork()) this.#inputs.push({ type: 'work_available' });
  }

  #frame(message: ConsensusMessage): Frame {
    const body = message.kind === 'proposal' ? this.blocks.body(message.proposal.blockHash) : null;
    return frameOf(message, body);
  }

  #toPeer(peer: ConsensusKey, frame: () => Frame): void {
    const to = this.simulation.world.indexOf.get(peer);
    if (to === undefined || to === this.identity) return;
    this.#outbox.push(() => {
      for (const node of this.simulation.nodes) if (node.identity === to) this.send(node.index, frame());
    });
  }

  #schedule(timer: Timer, delayMs: number): void {
    const sequence = ++this.#timerSequence;
    this.#timers.set(timer.kind, sequence);
    this.#outbox.push(() => this.simulation.schedule(this, timer, sequence, delayMs));
  }

  #receive(from: number, frame: Frame): void {
    const { keys } = this.simulation.world;
    const peer = keys[from % keys.length] ?? null;
    switch (frame.kind) {
      case 'consensus': {
        // The body first, so that its proposal finds it.
        if (frame.body !== null) this.blocks.add(frame.body);
        const message = this.simulation.decoding(() => messageIn(frame.bytes));
        if (message !== null) this.#inputs.push({ type: 'message', peer, message });
        return;
      }
      case 'get_block': {
        const body = this.blocks.body(frame.hash);
        if (body !== null) this.#outbox.push(() => this.send(from, { kind: 'block', bytes: body }));
        return;
      }
      case 'block':
        this.blocks.add(frame.bytes);
        return;
      case 'get_decided':
        if (frame.height <= this.parent.height)
          this.#outbox.push(() => this.send(from, this.#decidedFrom(frame.height)));
        return;
      case 'decided':
        for (const each of frame.blocks) this.#receiveDecided(each);
        return;
      case 'transactions':
        if (this.pool.add(frame.transactions)) this.#offerWork();
    }
  }

  #receiveDecided({ certificate: bytes, body }: DecidedBytes): void {
    const certificate = this.simulation.decoding(() => decodeCertificate(bytes));
    if (certificate === null || certificate.height !== this.parent.height + 1) return;
    const block = this.blocks.judge(certificate.blockHash, body);
    if (block === null) return;
    this.#inputs.push({ type: 'decided', certificate, block });
    this.#drain();
  }

  #askForDecided(peer: ConsensusKey, height: number): void {
    const { nowMs } = this.simulation;
    if (this.#sync.height === height && nowMs < this.#sync.atMs + SYNC_RETRY_MS) return;
    this.#sync = { height, atMs: nowMs };
    this.#toPeer(peer, () => ({ kind: 'get_decided', height }));
  }

  #decidedFrom(height: number): Frame {
    const blocks = this.storage.store.blocks(height, DECIDED_BLOCKS_MAX);
    return { kind: 'decided', blocks: blocks.map(({ certificate, body }) => ({ certificate, body })) };
  }

  #makeSigner(): ConsensusSigner {
    const signer = this.simulation.world.signer(this.identity);
    const sign = (position: SignPosition, message: Uint8Array): Uint8Array | null => {
      if (!this.isHonest) return this.signFreely(position, message);
      try {
        const signature = this.storage.signLog.sign(this.key, signer, position, message);
        this.#signed.push({ position, message });
        return signature;
      } catch (error) {
        if (!(error instanceof DoubleSignPrevented)) throw error;
        return null;
      }
    };
    return { consensusKey: this.key, sign };
  }
}
