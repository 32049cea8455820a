/**
 * @module The one interpreter of consensus effects. A turn is: inputs, the step for each, rows, all in one SQLite
 * transaction; then everything leaves, which the platform holds back until the rows are durable.
 */

import { nativeVerifier } from '../../shared/native/verifier.ts';
import type { Logger } from '../../shared/observability/log.ts';
import type { ConsensusEffect, ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';
import type { ConsensusInput, NewHeight } from '../../shared/protocol/consensus/input.ts';
import type { ConsensusMessage } from '../../shared/protocol/consensus/message.ts';
import type { BlockVerdict } from '../../shared/protocol/consensus/proposal.ts';
import type { ConsensusSigner } from '../../shared/protocol/consensus/signer.ts';
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import { type StepResult, start, step } from '../../shared/protocol/consensus/step.ts';
import type { ConsensusContext } from '../../shared/protocol/consensus/turn.ts';
import type { FinalBlocks } from '../../shared/protocol/execution/verify-range.ts';
import { assertNever } from '../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../../shared/protocol/primitives/brand.ts';
import type { ValidatorSet } from '../../shared/protocol/validators/validator-set.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import type { Evidence } from '../../shared/protocol/votes/evidence.ts';
import type { CandidateBlocks } from './candidate-blocks.ts';
import type { ConsensusStore } from './consensus-store.ts';
import { ConsensusTimers } from './consensus-timers.ts';
import { DoubleSignPrevented, type SignLog } from './sign-log.ts';
import type { ValidatorKeys } from './validator-key.ts';

/** What the driver asks of the chain around it. All are called inside the turn unless they say otherwise. */
export interface ConsensusHost {
  /** The height to decide, as of the head. */
  newHeight(): NewHeight;
  /** Builds and executes an own block; null when there is nothing to put into one. */
  build(effect: Extract<ConsensusEffect, { type: 'build_block' }>): BlockVerdict | null;
  /** Stores the decided block with its state and moves the head. */
  commit(hash: HashHex, certificate: CommitCertificate): void;
  /** Stores final blocks that others decided, as `commit` does. */
  adopt(final: FinalBlocks): void;
  /** True while something asks for a block. */
  hasWork(): boolean;
  evidence(evidence: Evidence): void;
  /** Inside the turn: for figures that are written with the block. */
  observe(event: ConsensusEvent): void;
  /** After the turn: for subscribers, logs and what the registry hears. */
  event(event: ConsensusEvent): void;
  /** After the turn: the network certified what this node finds invalid. */
  halt(hash: HashHex, height: number): void;
}

/** How the other validators are reached. All are called after the turn. */
export interface ValidatorLinks {
  /** A proposal comes with the body of its block. */
  broadcast(message: ConsensusMessage, body: Uint8Array | null): void;
  send(peer: ConsensusKey, message: ConsensusMessage, body: Uint8Array | null): void;
  /** Asks everyone for a body. */
  requestBlock(hash: HashHex): void;
  /** Asks for decided blocks from a height on. */
  requestDecided(peer: ConsensusKey, height: number): void;
  sendDecided(peer: ConsensusKey, height: number): void;
  /** Sends the oldest pending transactions to who proposes. */
  sendTransactions(peer: ConsensusKey): void;
}

export interface ConsensusDriverDeps {
  readonly storage: DurableObjectStorage;
  readonly store: ConsensusStore;
  readonly signLog: SignLog;
  /** Lowest round of a height in which the key may sign; null while it may not. */
  readonly firstRound: (height: number) => number | null;
  /** Null for a node that only follows. */
  readonly keys: ValidatorKeys | null;
  readonly blocks: CandidateBlocks;
  readonly host: ConsensusHost;
  /** The other validators; asked for once the driver runs. */
  readonly links: () => ValidatorLinks;
  readonly genesisHash: HashHex;
  readonly log: Logger;
}

export class ConsensusDriver {
  readonly #deps: ConsensusDriverDeps;
  readonly #context: ConsensusContext;
  readonly #timers = new ConsensusTimers();
  #state: ConsensusState | null = null;
  #stepSinceMs = 0;
  #inputs: ConsensusInput[] = [];
  #leaving: (() => void)[] = [];

  constructor(deps: ConsensusDriverDeps) {
    this.#deps = deps;
    this.#context = { genesisHash: deps.genesisHash, verifier: nativeVerifier, signer: this.#signer() };
  }

  /** The state between two turns, for those who ask how consensus stands. */
  get state(): ConsensusState {
    if (this.#state === null) throw new Error('consensus was not started');
    return this.#state;
  }

  /** When the step of the state was entered, or taken up after a loss of memory; milliseconds. */
  get stepSinceMs(): number {
    return this.#stepSinceMs;
  }

  get isStarted(): boolean {
    return this.#state !== null;
  }

  /** The set of the open height, also before the start. */
  get validators(): ValidatorSet {
    return this.#state?.validators ?? this.#deps.host.newHeight().validators;
  }

  /** Whether this node is in that set: a follower may come into it, and a validator leave it, with any block. */
  get isValidating(): boolean {
    if (this.#state !== null) return this.#state.self !== null;
    const own = this.#deps.keys?.consensusKey;
    return this.validators.some(({ consensusKey }) => consensusKey === own);
  }

  /** True when no height is under way and no timer runs: nothing needs the other validators. */
  get isResting(): boolean {
    return this.state.step === 'idle' && this.#timers.nextDueMs() === null;
  }

  /** Takes up the open height from the rows, as after any loss of memory. */
  start(nowMs: number): void {
    const { store, blocks, host } = this.#deps;
    for (const body of store.bodies()) blocks.add(body);
    this.#turn(() => {
      this.#take(
        start(this.#context, { height: host.newHeight(), record: store.record(), blocks: [] }, nowMs),
        nowMs,
      );
      this.#offerWork();
    }, nowMs);
  }

  /** One turn for these inputs and all that follow from them. */
  input(inputs: readonly ConsensusInput[], nowMs: number): void {
    this.#turn(() => this.#inputs.push(...inputs), nowMs);
  }

  /**
   * One turn for verified blocks above the head. The machine goes to the height above the last of them, so it never
   * signs for one that it has passed.
   */
  adopt(final: FinalBlocks, nowMs: number): void {
    this.#turn(() => {
      this.#deps.host.adopt(final);
      this.#enterNext();
    }, nowMs);
  }

  /** Something may ask for a block now. */
  workArrived(nowMs: number): void {
    if (this.#deps.host.hasWork()) this.input([{ type: 'work_available' }], nowMs);
  }

  /** The key may sign from now on. */
  signerReady(nowMs: number): void {
    this.input([{ type: 'signer_ready' }], nowMs);
    this.workArrived(nowMs);
  }

  /** Runs the timers that are due. */
  tick(nowMs: number): void {
    const due = this.#timers.take(nowMs);
    if (due.length > 0)
      this.input(
        due.map((timer) => ({ type: 'timeout', timer })),
        nowMs,
      );
  }

  nextDueMs(): number | null {
    return this.#timers.nextDueMs();
  }

  #turn(work: () => void, nowMs: number): void {
    this.#deps.storage.transactionSync(() => {
      work();
      for (let input = this.#inputs.shift(); input !== undefined; input = this.#inputs.shift()) {
        this.#take(step(this.#context, this.state, input, nowMs), nowMs);
      }
      this.#deps.store.flush();
    });
    const leaving = this.#leaving;
    this.#leaving = [];
    for (const leave of leaving) leave();
  }

  #take(result: StepResult, nowMs: number): void {
    if (!isSameStep(this.#state, result.state)) this.#stepSinceMs = nowMs;
    this.#state = result.state;
    for (const effect of result.effects) this.#carryOut(effect, nowMs);
  }

  #carryOut(effect: ConsensusEffect, nowMs: number): void {
    const { host, store, blocks } = this.#deps;
    const links = this.#deps.links();
    switch (effect.type) {
      case 'persist':
        store.persist(effect.record, (hash) => blocks.body(hash));
        return;
      case 'broadcast':
        this.#toOthers(effect.message, (body) => links.broadcast(effect.message, body));
        return;
      case 'send':
        this.#toOthers(effect.message, (body) => links.send(effect.peer, effect.message, body));
        return;
      case 'schedule':
        this.#schedule(effect, nowMs);
        return;
      case 'build_block':
        this.#inputs.push({
          type: 'built',
          height: effect.height,
          round: effect.round,
          block: host.build(effect),
        });
        return;
      case 'validate':
      case 'request_block':
        this.#want(effect);
        return;
      case 'sync':
        this.#leaving.push(() => links.requestDecided(effect.peer, effect.height));
        return;
      case 'send_decided':
        this.#leaving.push(() => links.sendDecided(effect.peer, effect.height));
        return;
      case 'send_transactions':
        this.#leaving.push(() => links.sendTransactions(effect.peer));
        return;
      case 'decide':
        this.#decide(effect.hash, effect.certificate);
        return;
      case 'evidence':
        host.evidence(effect.evidence);
        return;
      case 'event':
        host.observe(effect.event);
        this.#leaving.push(() => host.event(effect.event));
        return;
      case 'halt':
        this.#leaving.push(() => host.halt(effect.hash, effect.height));
        return;
      default:
        assertNever(effect);
    }
  }

  #decide(hash: HashHex, certificate: CommitCertificate): void {
    this.#deps.host.commit(hash, certificate);
    this.#enterNext();
  }

  /** What the heights up to the head needed goes; the machine opens the next one. */
  #enterNext(): void {
    const { host, store, blocks } = this.#deps;
    store.clear();
    blocks.clear();
    const next = host.newHeight();
    this.#timers.forgetBelow(next.height);
    this.#inputs.unshift({ type: 'new_height', ...next });
    this.#offerWork();
  }

  #offerWork(): void {
    if (this.#deps.host.hasWork()) this.#inputs.push({ type: 'work_available' });
  }

  #want(effect: Extract<ConsensusEffect, { type: 'validate' | 'request_block' }>): void {
    const verdict = this.#deps.blocks.want(effect.hash);
    if (verdict !== null) this.#inputs.push({ type: 'block_ready', block: verdict });
    else if (effect.type === 'request_block')
      this.#leaving.push(() => this.#deps.links().requestBlock(effect.hash));
  }

  /** A validator that is alone repeats nothing: nobody would hear it, and an idle chain has no timer. */
  #schedule({ timer, delayMs }: Extract<ConsensusEffect, { type: 'schedule' }>, nowMs: number): void {
    if (timer.kind === 'rebroadcast' && this.state.validators.length === 1) return;
    this.#timers.set(timer, nowMs + delayMs);
  }

  /** A proposal goes with the body of its block. Nothing is made where there is nobody to send it to. */
  #toOthers(message: ConsensusMessage, leave: (body: Uint8Array | null) => void): void {
    if (this.state.validators.length === 1) return;
    const body = message.kind === 'proposal' ? this.#deps.blocks.body(message.proposal.blockHash) : null;
    this.#leaving.push(() => leave(body));
  }

  #signer(): ConsensusSigner | null {
    const { keys, signLog, firstRound, log } = this.#deps;
    if (keys === null) return null;
    return {
      consensusKey: keys.consensusKey,
      firstRound,
      sign: (position, message) => {
        try {
          return signLog.sign(keys.consensusKey, keys.signer, position, message);
        } catch (error) {
          if (!(error instanceof DoubleSignPrevented)) throw error;
          log.error('a second signature was prevented', { function: 'sign', detail: error.message });
          return null;
        }
      },
    };
  }
}

function isSameStep(before: ConsensusState | null, after: ConsensusState): boolean {
  return before?.height === after.height && before.round === after.round && before.step === after.step;
}
