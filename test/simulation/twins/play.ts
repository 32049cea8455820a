/**
 * @module One height of the real machine under a manifest, without storage and clock: messages at once or never, time-outs
 * when nothing else happens, and once the planned rounds are over everybody hears everybody.
 */
import type { ConsensusEffect } from '../../../shared/protocol/consensus/effect.ts';
import type { ConsensusInput } from '../../../shared/protocol/consensus/input.ts';
import type { ConsensusMessage } from '../../../shared/protocol/consensus/message.ts';
import type { BlockVerdict } from '../../../shared/protocol/consensus/proposal.ts';
import type { ConsensusState } from '../../../shared/protocol/consensus/state.ts';
import { start, step } from '../../../shared/protocol/consensus/step.ts';
import { TIMERS, type Timer, type TimerKind } from '../../../shared/protocol/consensus/timeouts.ts';
import type { ConsensusContext } from '../../../shared/protocol/consensus/turn.ts';
import { sha256Hex } from '../../../shared/protocol/crypto/hashing.ts';
import type { ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';
import type { CommitCertificate } from '../../../shared/protocol/votes/commit-certificate.ts';
import { Violation } from '../violation.ts';
import { type Committee, NOW_MS, ROUNDS_AFTER } from './committee.ts';
import { lossOf, type Manifest, machinesOf, type Phase, validatorOf } from './manifest.ts';

/** Steps of one run; a run that needs more does not end. */
const STEPS_MAX = 50_000;

interface Machine {
  readonly index: number;
  readonly validator: number;
  readonly context: ConsensusContext;
  readonly timers: Map<TimerKind, Timer>;
  state: ConsensusState;
  decided: { readonly hash: HashHex; readonly certificate: CommitCertificate } | null;
}

/** What a run came to. */
export interface Outcome {
  /** Highest round in which an honest machine decided. */
  readonly round: number;
  /** Times that a machine saw a twin contradict itself. */
  readonly evidence: number;
  /** Whether anybody decided in the planned rounds. */
  readonly isEarly: boolean;
}

const text = new TextEncoder();
const hashes = new Map<string, HashHex>();

class Run {
  readonly #committee: Committee;
  readonly #manifest: Manifest;
  readonly #machines: readonly Machine[];
  readonly #queue: { readonly to: Machine; readonly input: ConsensusInput }[] = [];
  readonly #blocks = new Map<HashHex, BlockVerdict>();
  /** A machine is beyond the planned rounds: from here on messages of them, too, reach everybody. */
  #isOver = false;
  #isHealed = false;
  #isEarly = false;
  #evidence = 0;
  #steps = 0;

  constructor(committee: Committee, manifest: Manifest) {
    this.#committee = committee;
    this.#manifest = manifest;
    const height = committee.height(manifest);
    this.#machines = Array.from({ length: machinesOf(committee.cast) }, (_, index) => {
      const validator = validatorOf(committee.cast, index);
      const context = committee.context(validator);
      const { state } = start(context, { height, record: null, blocks: [] }, NOW_MS);
      return { index, validator, context, timers: new Map(), state, decided: null };
    });
  }

  run(): Outcome {
    for (const to of this.#machines) this.#queue.push({ to, input: { type: 'work_available' } });
    this.#settle();
    while (this.#honest.some(({ decided }) => decided === null)) {
      if (!this.#fireNext()) this.#heal();
      this.#settle();
    }
    const rounds = this.#honest.map(({ decided }) => decided?.certificate.round ?? 0);
    return { round: Math.max(...rounds), evidence: this.#evidence, isEarly: this.#isEarly };
  }

  get #honest(): Machine[] {
    return this.#machines.filter(({ validator }) => validator >= this.#committee.cast.twins);
  }

  #settle(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { to, input } = next;
      if (to.decided !== null) continue;
      if (++this.#steps > STEPS_MAX) throw new Violation('liveness', 'the run does not end');
      const { state, effects } = step(to.context, to.state, input, NOW_MS);
      to.state = state;
      this.#isOver ||= state.round >= this.#manifest.length;
      if (state.round > this.#manifest.length + ROUNDS_AFTER)
        throw new Violation('liveness', `machine ${to.index} reaches round ${state.round}`);
      for (const effect of effects) this.#carryOut(to, effect);
    }
  }

  #carryOut(machine: Machine, effect: ConsensusEffect): void {
    switch (effect.type) {
      case 'broadcast':
        for (const other of this.#machines) this.#send(machine, other, effect.message);
        return;
      case 'send':
        for (const other of this.#machines)
          if (this.#committee.keys[other.validator] === effect.peer)
            this.#send(machine, other, effect.message);
        return;
      case 'schedule':
        machine.timers.set(effect.timer.kind, effect.timer);
        return;
      case 'build_block':
        this.#build(machine, effect.round);
        return;
      case 'validate':
      case 'request_block': {
        const block = this.#blocks.get(effect.hash);
        if (block !== undefined) this.#queue.push({ to: machine, input: { type: 'block_ready', block } });
        return;
      }
      case 'decide':
        this.#decide(machine, effect);
        return;
      case 'evidence':
        if (this.#committee.indexOf(effect.evidence.validator) >= this.#committee.cast.twins)
          throw new Violation('evidence_names_no_honest_node', effect.evidence.validator);
        this.#evidence += 1;
        return;
      case 'halt':
        throw new Violation('no_halt', `machine ${machine.index}`);
    }
  }

  /** Each copy builds its own block. */
  #build(machine: Machine, round: number): void {
    const name = `${machine.index}/${round}`;
    const hash = hashes.get(name) ?? sha256Hex(text.encode(name));
    hashes.set(name, hash);
    const block = { hash, valid: true, round, timeMs: NOW_MS };
    this.#blocks.set(hash, block);
    this.#queue.push({ to: machine, input: { type: 'built', height: 1, round, block } });
  }

  #send(from: Machine, to: Machine, message: ConsensusMessage): void {
    if (from === to || !this.#hears(from, to, message)) return;
    const peer = this.#committee.keys[from.validator] as ConsensusKey;
    this.#queue.push({ to, input: { type: 'message', peer, message } });
  }

  #hears(from: Machine, to: Machine, message: ConsensusMessage): boolean {
    const plan = this.#isHealed || this.#isOver ? undefined : this.#manifest[roundOf(message)];
    if (plan === undefined) return true;
    const phase = phaseOf(message);
    if (phase !== null && plan.lost.has(lossOf(phase, from.index, to.index))) return false;
    return plan.sides[from.index] === plan.sides[to.index];
  }

  #decide(machine: Machine, { hash, certificate }: Extract<ConsensusEffect, { type: 'decide' }>): void {
    machine.decided = { hash, certificate };
    if (!this.#isHealed) this.#isEarly = true;
    if (machine.validator < this.#committee.cast.twins) return;
    const other = this.#honest.find(({ decided }) => decided !== null && decided.hash !== hash);
    if (other !== undefined)
      throw new Violation('agreement', `machines ${machine.index} and ${other.index} decide differently`);
  }

  /** The time-outs that are due first, of all machines that wait for them. False when nobody waits for any. */
  #fireNext(): boolean {
    const waiting = this.#machines.flatMap((machine) =>
      machine.decided === null ? [...machine.timers.values()].filter((timer) => this.#isDue(timer)) : [],
    );
    const [first] = waiting.sort((left, right) => order(left) - order(right));
    if (first === undefined) return false;
    for (const to of this.#machines) {
      const timer = to.timers.get(first.kind);
      if (timer === undefined || timer.round !== first.round) continue;
      to.timers.delete(first.kind);
      this.#queue.push({ to, input: { type: 'timeout', timer } });
    }
    return true;
  }

  /** Nothing is repeated before the heal: what a round loses is lost. */
  #isDue({ kind }: Timer): boolean {
    return kind !== 'rebroadcast';
  }

  /** Everybody hears everybody, repeats what it said, and learns of decisions. */
  #heal(): void {
    if (this.#isHealed && this.#steps === STEPS_MAX)
      throw new Violation('liveness', 'nothing happens any more');
    this.#isHealed = true;
    this.#steps += 1;
    const known = this.#honest.find(({ decided }) => decided !== null)?.decided ?? null;
    for (const to of this.#machines) {
      const block = known === null ? undefined : this.#blocks.get(known.hash);
      if (known !== null && block !== undefined)
        this.#queue.push({ to, input: { type: 'decided', certificate: known.certificate, block } });
      const { height, round } = to.state;
      this.#queue.push({ to, input: { type: 'timeout', timer: { kind: 'rebroadcast', height, round } } });
    }
  }
}

/** Plays a manifest. Throws Violation. */
export function play(committee: Committee, manifest: Manifest): Outcome {
  return new Run(committee, manifest).run();
}

/** Earlier rounds first, within a round in the order of the steps. */
function order({ kind, round }: Timer): number {
  return round * TIMERS.length + TIMERS.indexOf(kind);
}

function phaseOf(message: ConsensusMessage): Phase | null {
  switch (message.kind) {
    case 'proposal':
      return 'proposal';
    case 'votes':
      return message.votes[0]?.type ?? null;
    case 'polka':
      return 'prevote';
    case 'commit':
      return 'precommit';
    case 'peer_state':
      return null;
  }
}

/** The round by whose plan a message travels. */
function roundOf(message: ConsensusMessage): number {
  switch (message.kind) {
    case 'proposal':
      return message.proposal.round;
    case 'votes':
      return message.votes[0]?.round ?? 0;
    case 'polka':
    case 'commit':
      return message.certificate.round;
    case 'peer_state':
      return message.peerState.round;
  }
}
