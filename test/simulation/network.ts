/** @module Links between simulated nodes: a base latency, and whatever the faults of the moment do to each delivery. */
import type { Frame } from './frame.ts';
import type { Random } from './random.ts';
import type { Simulation } from './simulation.ts';

export interface Delivery {
  readonly from: number;
  readonly to: number;
  readonly frame: Frame;
  readonly delayMs: number;
}

/** Changes one delivery into none, one or several. `hit` counts an actual change. */
export type LinkFault = (delivery: Delivery, hit: () => void) => readonly Delivery[];

/** What a fault of links may ask when it begins. */
export interface StormContext {
  readonly random: Random;
  readonly nodes: number;
  readonly nowMs: number;
  readonly endMs: number;
}

/** A kind of link fault, named by what goes wrong. */
export interface LinkFaultKind {
  readonly name: string;
  readonly begin: (storm: StormContext) => LinkFault;
}

/** More nodes than any simulation has. */
const LINKS_MAX = 64;

export class Network {
  readonly #simulation: Simulation;
  readonly #random: Random;
  readonly #baseMs: number;
  /** By link: when its last message arrives. */
  readonly #lastMs = new Map<number, number>();
  #faults: { name: string; fault: LinkFault }[] = [];

  constructor(simulation: Simulation, random: Random, baseMs: number) {
    this.#simulation = simulation;
    this.#random = random;
    this.#baseMs = baseMs;
  }

  setFaults(faults: { name: string; fault: LinkFault }[]): void {
    this.#faults = faults;
  }

  /** Sends over a link that keeps the order, as a socket does, unless a fault disturbs it. */
  send(from: number, to: number, frame: Frame): void {
    this.#simulation.taps.sent?.(from, frame);
    const delayMs = this.#delay(from * LINKS_MAX + to);
    if (this.#faults.length === 0) {
      this.#simulation.deliver({ from, to, frame, delayMs });
      return;
    }
    let deliveries: readonly Delivery[] = [{ from, to, frame, delayMs }];
    for (const { name, fault } of this.#faults) {
      const hit = () => this.#simulation.statistics.add(`faults/${name}`);
      deliveries = deliveries.flatMap((delivery) => fault(delivery, hit));
    }
    for (const delivery of deliveries) this.#simulation.deliver(delivery);
  }

  #delay(link: number): number {
    const { nowMs } = this.#simulation;
    const delayMs = Math.ceil(this.#baseMs * (0.5 + this.#random.next()));
    const atMs = Math.max(nowMs + delayMs, this.#lastMs.get(link) ?? 0);
    this.#lastMs.set(link, atMs);
    return atMs - nowMs;
  }
}
