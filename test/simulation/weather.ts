/** @module When which faults act: storms that come and go, partitions that shift all the time, or calm. */
import { LINK_FAULTS, NODE_FAULTS, TIMER_FAULTS, type TimerFault } from './faults/kinds.ts';
import type { LinkFault } from './network.ts';
import type { SimulatedNode } from './node.ts';
import type { Random } from './random.ts';
import type { Simulation } from './simulation.ts';

/** After a heal, the time in which what was under way may still arrive and repetitions begin. */
const SETTLE_MS = 6_000;
/** A calm long enough for decisions to be due. */
const LONG_CALM_MS = SETTLE_MS + 8_000;
/** A guard that does not know enough yet is told again after this time. */
const VOUCH_AGAIN_MS = 500;
/** Nodes of whose storage a copy is made as a storm begins. */
const COPIES = 2;
/** Probability that a timer of a storm with timer faults is hit. */
const TIMER_FAULT_RATE = 0.2;

export class Weather {
  readonly #simulation: Simulation;
  readonly #random: Random;
  #timerFaults: TimerFault[] = [];
  #calmSinceMs = Number.POSITIVE_INFINITY;
  #isStorm = false;
  #isOver = false;

  constructor(simulation: Simulation, random: Random) {
    this.#simulation = simulation;
    this.#random = random;
  }

  get isCalm(): boolean {
    return this.#simulation.nowMs >= this.#calmSinceMs + SETTLE_MS;
  }

  begin(): void {
    const { scenario, nowMs } = this.#simulation;
    if (scenario.weather === 'storms') this.#planStorm(0);
    else if (scenario.weather === 'partitions') this.#repartition();
    else if (scenario.weather === 'schism') this.#cut(this.#halves());
    else this.#calmSinceMs = nowMs;
  }

  /** What befalls a timer that is set now. */
  timerFault(): TimerFault | null {
    const isHit = this.#random.chance(TIMER_FAULT_RATE);
    return isHit ? (this.#timerFaults[0] ?? null) : null;
  }

  /** The last storm is over, and what it left behind still settles. */
  get isSettling(): boolean {
    return this.#isOver && !this.isCalm;
  }

  /** Ends the last storm, once: from now on the run has to show that calm lets it decide. True if it was not over yet. */
  end(): boolean {
    if (this.#isOver || this.#simulation.scenario.weather !== 'storms') return false;
    this.#isOver = true;
    this.#heal();
    return true;
  }

  #planStorm(calmMs: number): void {
    this.#simulation.after(calmMs + this.#random.between(200, 3_000), () => {
      if (!this.#isOver) this.#storm();
    });
  }

  #storm(): void {
    const random = this.#random;
    const { nodes, nowMs, network, scenario } = this.#simulation;
    const lengthMs = random.between(500, 6_000);
    const storm = { random, nodes: nodes.length, nowMs, endMs: nowMs + lengthMs };
    this.#isStorm = true;
    this.#calmSinceMs = Number.POSITIVE_INFINITY;
    const kinds = random.sample(LINK_FAULTS, random.below(scenario.severity + 1));
    network.setFaults(kinds.map((kind) => ({ name: kind.name, fault: kind.begin(storm) })));
    this.#timerFaults = random.chance(0.3) ? [random.pick(TIMER_FAULTS)] : [];
    for (const copied of random.sample(nodes, COPIES))
      if (copied.isHonest && copied.isUp) copied.takeSnapshot();
    const strikes = random.below(scenario.severity + 1);
    for (let strike = 0; strike < strikes; strike++) {
      this.#simulation.after(random.below(lengthMs), () => this.#strike());
    }
    this.#simulation.after(lengthMs, () => {
      if (!this.#isOver) this.#heal();
    });
  }

  #strike(): void {
    if (!this.#isStorm) return;
    const node = this.#random.pick(this.#simulation.nodes);
    const fault = this.#random.pick(NODE_FAULTS);
    if (!node.isUp || fault.strike(node, this.#random) === 'no target') return;
    this.#simulation.statistics.add(`faults/${fault.name}`);
  }

  #heal(): void {
    const simulation = this.#simulation;
    this.#isStorm = false;
    simulation.network.setFaults([]);
    this.#timerFaults = [];
    this.#calmSinceMs = simulation.nowMs;
    for (const node of simulation.nodes) node.heal();
    simulation.reconnected();
    for (const node of simulation.nodes) this.#vouch(node);
    simulation.observer.liveness.healed();
    if (!this.#isOver) this.#planStorm(this.#random.chance(0.1) ? LONG_CALM_MS : 0);
  }

  /** The operator of a held key may let it sign again, and does where the others need it. */
  #vouch(node: SimulatedNode): void {
    const { nodes, observer, nowMs } = this.#simulation;
    if (!node.isHonest || !node.isHeld) return;
    const height = node.height + 1;
    const silent = nodes.filter((each) => !each.isHonest || each.isSilentAt(height)).map(({ key }) => key);
    const isNeeded = 3 * observer.sets.power(height, silent) >= (observer.sets.at(height)?.total ?? 0);
    if (!isNeeded && this.#random.chance(0.5)) return;
    if (!node.vouch() && nowMs < this.#calmSinceMs + SETTLE_MS)
      this.#simulation.after(VOUCH_AGAIN_MS, () => this.#vouch(node));
  }

  /** Two or three sides, other ones every few hundred milliseconds; now and then none. */
  #repartition(): void {
    const random = this.#random;
    const sides = random.pick([1, 2, 2, 3]);
    this.#cut(this.#simulation.nodes.map(() => random.below(sides)));
    this.#simulation.after(random.between(50, 900), () => this.#repartition());
  }

  /** Every twin has one copy on each side; the others are dealt out evenly. */
  #halves(): number[] {
    const { nodes } = this.#simulation;
    let dealt = 0;
    return nodes.map((node) => (node.isHonest ? dealt++ % 2 : Number(node.index !== node.identity)));
  }

  /** Nobody hears the other sides. */
  #cut(side: readonly number[]): void {
    const fault: LinkFault = (delivery, hit) => {
      if (side[delivery.from] === side[delivery.to]) return [delivery];
      hit();
      return [];
    };
    this.#simulation.network.setFaults([{ name: 'cut', fault }]);
  }
}
