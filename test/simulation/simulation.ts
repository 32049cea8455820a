/** @module One deterministic run: virtual time, a network with faults, real nodes, and an observer of invariants. */

import { BlockError } from '../../shared/protocol/block/block-error.ts';
import { CodecError } from '../../shared/protocol/codec/codec.ts';
import { proposeTimeoutMs, type Timer } from '../../shared/protocol/consensus/timeouts.ts';
import { EventQueue } from './event-queue.ts';
import { LINK_FAULTS, NODE_FAULTS, TIMER_FAULTS, type TimerFault } from './faults/kinds.ts';
import { type Delivery, type LinkFault, Network } from './network.ts';
import { SimulatedNode } from './node.ts';
import { Observer, Violation } from './observer.ts';
import { Random } from './random.ts';
import type { Scenario } from './scenario.ts';
import { Statistics } from './statistics.ts';
import { Workload } from './workload.ts';
import { GENESIS_TIME_MS, World } from './world.ts';

/** A watchdog alarm finds a lost timer after this time. */
const WATCHDOG_MS = 10_000;
/** After a heal, the time in which what was under way may still arrive and repetitions begin. */
const SETTLE_MS = 6_000;
/** Virtual time in which a run must reach its heights, per height. */
const PATIENCE_PER_HEIGHT_MS = 60_000;

export class Simulation {
  readonly scenario: Scenario;
  readonly world: World;
  readonly nodes: SimulatedNode[] = [];
  readonly network: Network;
  readonly observer: Observer;
  readonly statistics = new Statistics();
  nowMs = GENESIS_TIME_MS;
  readonly #queue = new EventQueue<() => void>();
  readonly #random: Random;
  readonly #workload: Workload;
  #timerFaults: TimerFault[] = [];
  #calmSinceMs = Number.POSITIVE_INFINITY;
  #traceLow = 0x811c9dc5;
  #traceHigh = 0x1000193;

  constructor(scenario: Scenario) {
    const { seed, nodes, params, isMemoised, byzantine, baseLatencyMs, twins } = scenario;
    this.scenario = scenario;
    this.world = new World(seed, nodes, params, isMemoised);
    this.#random = new Random(seed, 2);
    this.network = new Network(this, new Random(seed, 3), baseLatencyMs);
    this.observer = new Observer(this);
    this.#workload = new Workload(this, new Random(seed, 4));
    for (let index = 0; index < nodes + twins; index++) {
      const isTwin = index % nodes < twins;
      const made = byzantine.get(index)?.(new Random(seed, 100 + index)) ?? null;
      const behaviour = isTwin ? { name: 'twin' } : made;
      if (behaviour !== null) this.statistics.add(`byzantine/${behaviour.name}`);
      this.nodes.push(new SimulatedNode(this, index, behaviour));
    }
  }

  get honest(): SimulatedNode[] {
    return this.nodes.filter((node) => node.isHonest);
  }

  /** Final at every honest node. */
  get height(): number {
    return Math.min(...this.honest.map((node) => node.parent.height));
  }

  /** No fault acts, and what earlier ones did to messages under way is over. */
  get isCalm(): boolean {
    return this.nowMs >= this.#calmSinceMs + SETTLE_MS;
  }

  /** Waits of this round exceed what a proposal and two votes take on this network. */
  isSlowEnough(round: number): boolean {
    return proposeTimeoutMs(this.world.genesis.params, round) > 6 * this.scenario.baseLatencyMs;
  }

  /** A digest of everything that happened; equal runs have equal digests. */
  get traceHash(): string {
    return [this.#traceHigh, this.#traceLow]
      .map((half) => (half >>> 0).toString(16).padStart(8, '0'))
      .join('');
  }

  trace(...parts: (number | string)[]): void {
    for (const part of parts) {
      const text = typeof part === 'string' ? part : null;
      if (text === null) this.#mix(part as number);
      else for (let index = 2; index < 18; index++) this.#mix(text.charCodeAt(index));
    }
  }

  /** Runs until every honest node has the heights asked for. Throws Violation. */
  run(): void {
    for (const node of this.nodes) node.boot();
    this.#workload.begin();
    if (this.scenario.weather === 'storms') this.#planStorm();
    if (this.scenario.weather === 'calm') this.#calmSinceMs = GENESIS_TIME_MS;
    if (this.scenario.weather === 'partitions') this.#repartition();
    const lastMs = GENESIS_TIME_MS + this.scenario.heights * PATIENCE_PER_HEIGHT_MS;
    while (this.height < this.scenario.heights) {
      const next = this.#queue.pop();
      if (next === null) throw new Violation('liveness', `nothing happens any more at height ${this.height}`);
      if (next.atMs > lastMs) throw new Violation('liveness', `height ${this.height} is not left`);
      this.nowMs = next.atMs;
      this.#mix(next.atMs);
      next.event();
      this.statistics.add('happenings');
    }
    this.observer.ended();
    for (const node of this.nodes) node.storage.sql.close();
  }

  after(delayMs: number, event: () => void): void {
    this.#queue.push(this.nowMs + Math.max(0, Math.ceil(delayMs)), event);
  }

  deliver({ from, to, frame, delayMs }: Delivery): void {
    this.after(delayMs, () => {
      this.#mix(from * 64 + to);
      this.nodes[to]?.receive(from, frame);
    });
  }

  schedule(node: SimulatedNode, timer: Timer, sequence: number, delayMs: number): void {
    const fire = (extraMs: number) => this.after(delayMs + extraMs, () => node.fire(timer, sequence));
    const fault = this.#random.chance(0.2) ? this.#timerFaults[0] : undefined;
    if (fault === undefined) {
      fire(0);
      return;
    }
    this.statistics.add(`faults/${fault}`);
    if (fault === 'alarm_late') fire(this.#random.between(100, 3_000));
    else if (fault === 'alarm_lost') fire(WATCHDOG_MS);
    else {
      fire(0);
      this.after(delayMs + 50, () => {
        if (node.isUp) node.input({ type: 'timeout', timer });
      });
    }
  }

  /** Takes a node down; it comes back after a while. */
  goDown(node: SimulatedNode): void {
    node.down();
    this.after(this.#random.between(50, 4_000), () => {
      if (!node.isUp) node.boot();
    });
  }

  /** Links of a node open again after it has started. */
  connected(node: SimulatedNode): void {
    for (const other of this.nodes) {
      if (other === node || !other.isUp) continue;
      const linkMs = this.scenario.baseLatencyMs;
      this.after(linkMs, () => node.input({ type: 'peer_connected', peer: other.key }));
      this.after(linkMs, () => other.input({ type: 'peer_connected', peer: node.key }));
    }
  }

  /** The decoded value, or null for bytes that are none: a fault of the link, not of the node. */
  decoding<T>(read: () => T): T | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof CodecError || error instanceof BlockError)) throw error;
      this.statistics.add('undecodable');
      return null;
    }
  }

  #planStorm(): void {
    this.after(this.#random.between(200, 3_000), () => this.#storm());
  }

  #storm(): void {
    const random = this.#random;
    const lengthMs = random.between(500, 8_000);
    const storm = { random, nodes: this.nodes.length, nowMs: this.nowMs, endMs: this.nowMs + lengthMs };
    this.#calmSinceMs = Number.POSITIVE_INFINITY;
    const kinds = random.sample(LINK_FAULTS, random.below(this.scenario.severity + 1));
    this.network.setFaults(kinds.map((kind) => ({ name: kind.name, fault: kind.begin(storm) })));
    this.#timerFaults = random.chance(0.3) ? [random.pick(TIMER_FAULTS)] : [];
    const strikes = random.below(this.scenario.severity + 1);
    for (let strike = 0; strike < strikes; strike++) {
      this.after(random.below(lengthMs), () => this.#strike());
    }
    this.after(lengthMs, () => this.#heal());
  }

  /** Two or three sides, other ones every few hundred milliseconds; now and then none. */
  #repartition(): void {
    const random = this.#random;
    const sides = random.pick([1, 2, 2, 3]);
    const side = this.nodes.map(() => random.below(sides));
    const name = 'twin_partition';
    const fault: LinkFault = (delivery, hit) => {
      if (side[delivery.from] === side[delivery.to]) return [delivery];
      hit();
      return [];
    };
    this.network.setFaults([{ name, fault }]);
    this.after(random.between(50, 900), () => this.#repartition());
  }

  #strike(): void {
    const node = this.#random.pick(this.nodes);
    const fault = this.#random.pick(NODE_FAULTS);
    if (!node.isUp) return;
    this.statistics.add(`faults/${fault.name}`);
    fault.strike(node, this.#random);
  }

  #heal(): void {
    this.network.setFaults([]);
    this.#timerFaults = [];
    this.#calmSinceMs = this.nowMs;
    for (const node of this.nodes) {
      node.clockMs = 0;
      node.crash = null;
      if (!node.isUp) node.boot();
    }
    for (const node of this.nodes) this.connected(node);
    this.observer.healed();
    // A calm long enough for a decision to be due, every few storms.
    const calmMs = this.#random.chance(0.3) ? SETTLE_MS + 20_000 : 0;
    this.after(calmMs, () => this.#planStorm());
  }

  #mix(value: number): void {
    this.#traceLow = Math.imul(this.#traceLow ^ (value | 0), 0x01000193);
    this.#traceHigh = Math.imul(this.#traceHigh ^ Math.floor(value / 7) ^ this.#traceLow, 0x85ebca6b);
  }
}
