/** @module One deterministic run: virtual time, a network with faults, real nodes, and an observer of invariants. */
import { BlockError } from '../../shared/protocol/block/block-error.ts';
import { CodecError } from '../../shared/protocol/codec/codec.ts';
import { proposeTimeoutMs, type Timer } from '../../shared/protocol/consensus/timeouts.ts';
import { EventQueue } from './event-queue.ts';
import type { Frame } from './frame.ts';
import type { Life } from './life.ts';
import { type Delivery, Network } from './network.ts';
import { SimulatedNode } from './node.ts';
import { Observer } from './observer.ts';
import { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { Statistics } from './statistics.ts';
import { Trace } from './trace.ts';
import { Violation } from './violation.ts';
import { Weather } from './weather.ts';
import { Workload } from './workload.ts';
import { GENESIS_TIME_MS, World } from './world.ts';

/** A watchdog alarm finds a lost timer after this time. */
const WATCHDOG_MS = 10_000;
/** Virtual time in which a run must reach its heights, per height. */
const PATIENCE_PER_HEIGHT_MS = 60_000;
/** Virtual time in which the calm at the end must bring a decision. */
const PATIENCE_AT_END_MS = 60_000;
/** An object whose disk is full starts again with the next event that somebody sends it. */
const RESTART_MS = [100, 1_000] as const;

/** For tests that look at one node more closely. */
export interface Taps {
  /** Told of everything that is sent, before any fault. */
  sent?: (from: number, frame: Frame) => void;
  /** Told of a node that has just lost its memory. */
  down?: (node: SimulatedNode) => void;
}

export class Simulation {
  readonly scenario: Scenario;
  readonly world: World;
  readonly nodes: SimulatedNode[] = [];
  readonly honest: readonly SimulatedNode[];
  readonly network: Network;
  readonly weather: Weather;
  readonly observer: Observer;
  readonly statistics = new Statistics();
  readonly taps: Taps = {};
  nowMs = GENESIS_TIME_MS;
  readonly #queue = new EventQueue<() => void>();
  readonly #random: Random;
  readonly #workload: Workload;
  readonly #trace = new Trace();
  #height: number | null = 0;
  #lastMs = 0;

  constructor(scenario: Scenario) {
    const { seed, nodes, candidates, byzantine, baseLatencyMs, twins } = scenario;
    this.scenario = scenario;
    this.world = new World(scenario);
    this.#random = new Random(seed, 2);
    this.weather = new Weather(this, this.#random);
    this.network = new Network(this, new Random(seed, 3), baseLatencyMs);
    this.observer = new Observer(this);
    this.#workload = new Workload(this, new Random(seed, 4));
    const members = nodes + candidates;
    for (let index = 0; index < members + twins; index++) {
      const isTwin = index % members < twins;
      const made = byzantine.get(index)?.(new Random(seed, 100 + index)) ?? null;
      const behaviour = isTwin ? { name: 'twin' } : made;
      if (behaviour !== null) this.statistics.add(`byzantine/${behaviour.name}`);
      this.nodes.push(new SimulatedNode(this, index, behaviour));
    }
    this.honest = this.nodes.filter((node) => node.isHonest);
  }

  /** Final at every honest node. */
  get height(): number {
    this.#height ??= Math.min(...this.honest.map((node) => node.height));
    return this.#height;
  }

  /** A node has another height. */
  heightMoved(): void {
    this.#height = null;
  }

  /** No fault acts, and what earlier ones did to messages under way is over. */
  get isCalm(): boolean {
    return this.weather.isCalm;
  }

  /** Waits of this round exceed what a proposal and two votes take on this network. */
  isSlowEnough(round: number): boolean {
    return proposeTimeoutMs(this.world.genesis.params, round) > 6 * this.scenario.baseLatencyMs;
  }

  /** A digest of everything that happened; equal runs have equal digests. */
  get traceHash(): string {
    return this.#trace.digest;
  }

  trace(...parts: (number | string)[]): void {
    for (const part of parts) this.#trace.add(part);
  }

  /** Runs until every honest node has the heights asked for, and after storms has shown that calm lets it decide. */
  run(): void {
    try {
      for (const node of this.nodes) node.boot();
      this.#workload.begin();
      this.weather.begin();
      this.#lastMs = GENESIS_TIME_MS + this.scenario.heights * PATIENCE_PER_HEIGHT_MS;
      while (!this.#isDone()) if (!this.#happen()) break;
      this.observer.ended();
    } finally {
      for (const node of this.nodes) node.sql.close();
    }
  }

  after(delayMs: number, event: () => void): void {
    this.#queue.push(this.nowMs + Math.max(0, Math.ceil(delayMs)), event);
  }

  deliver({ from, to, frame, delayMs }: Delivery): void {
    this.after(delayMs, () => {
      this.#trace.add(from * 64 + to);
      this.nodes[to]?.receive(from, frame);
    });
  }

  schedule(life: Life, timer: Timer, sequence: number, delayMs: number): void {
    const fire = (extraMs: number) => this.after(delayMs + extraMs, () => life.fire(timer, sequence));
    const fault = this.weather.timerFault();
    if (fault === null) {
      fire(0);
      return;
    }
    this.statistics.add(`faults/${fault}`);
    if (fault === 'alarm_late') fire(this.#random.between(100, 3_000));
    else if (fault === 'alarm_lost') fire(WATCHDOG_MS);
    else {
      fire(0);
      this.after(delayMs + 50, () => life.input({ type: 'timeout', timer }));
    }
  }

  /** Takes a node down; it comes back after a while. */
  goDown(node: SimulatedNode): void {
    node.down();
    this.#bootAfter(node, this.#random.between(50, 4_000));
  }

  /** An object that failed starts again a little later. */
  restartLater(node: SimulatedNode): void {
    this.#bootAfter(node, this.#random.between(...RESTART_MS));
  }

  /** Links of a node open again after it has started. */
  connected(node: SimulatedNode): void {
    this.heightMoved();
    for (const other of this.nodes) if (other !== node) this.#link(node, other);
  }

  /** Every link opens again, once. */
  reconnected(): void {
    for (const [index, node] of this.nodes.entries())
      for (const other of this.nodes.slice(index + 1)) this.#link(node, other);
  }

  /** The decoded value, or null for bytes that are none: a fault of the link, not of the node. */
  decoding<T>(read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CodecError || error instanceof BlockError)) throw error;
      this.statistics.add('refused/undecodable');
      return null;
    }
  }

  #link(one: SimulatedNode, other: SimulatedNode): void {
    if (!one.isUp || !other.isUp) return;
    const linkMs = this.scenario.baseLatencyMs;
    this.after(linkMs, () => one.life?.input({ type: 'peer_connected', peer: other.key }));
    this.after(linkMs, () => other.life?.input({ type: 'peer_connected', peer: one.key }));
  }

  #bootAfter(node: SimulatedNode, delayMs: number): void {
    this.after(delayMs, () => {
      if (!node.isUp) node.boot();
    });
  }

  #isDone(): boolean {
    const { heights, weather } = this.scenario;
    if (this.height >= heights - 1 && this.weather.end()) this.#lastMs = this.nowMs + PATIENCE_AT_END_MS;
    if (this.height < heights) return false;
    return weather !== 'storms' || this.observer.liveness.decidedInCalm > 0;
  }

  /** The next event; false when a run whose network may stand still has stood still. */
  #happen(): boolean {
    const next = this.#queue.pop();
    if (next === null || next.atMs > this.#lastMs) {
      if (this.scenario.trust === 'broken') return false;
      throw new Violation('liveness', `height ${this.height} is not left`);
    }
    this.nowMs = next.atMs;
    this.#trace.add(next.atMs);
    next.event();
    this.statistics.add('happenings');
    return true;
  }
}
