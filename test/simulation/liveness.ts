/** @module How long decisions take: after a heal at most two rounds with an honest proposer, and never beyond fifty. */
import type { Simulation } from './simulation.ts';
import { Violation } from './violation.ts';

/** No height takes more rounds, whatever the weather. */
const ROUNDS_MAX = 50;
/** Rounds with an honest proposer and waits above the delay of the network in which a calm network decides. */
const GOOD_ROUNDS_MAX = 2;

export class LivenessWatch {
  readonly #simulation: Simulation;
  /** By height that is open: good rounds begun since the last heal. */
  #goodRounds = new Map<number, Set<number>>();
  /** By height that is open: the highest round begun. */
  readonly #rounds = new Map<number, number>();
  /** Heights decided in calm since the last heal. */
  #decidedInCalm = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  get decidedInCalm(): number {
    return this.#decidedInCalm;
  }

  /** Counting begins anew: from here on nothing but byzantine nodes stands in the way. */
  healed(): void {
    this.#goodRounds = new Map();
    this.#decidedInCalm = 0;
    this.#simulation.statistics.add('heals');
  }

  /** An honest node begins a round of an open height, whose proposer is honest and free to sign or not. */
  roundBegan(height: number, round: number, isProposerAble: boolean): void {
    const simulation = this.#simulation;
    this.#rounds.set(height, Math.max(this.#rounds.get(height) ?? 0, round));
    if (round > ROUNDS_MAX && simulation.scenario.trust === 'sound')
      throw new Violation('liveness', `height ${height} takes more than ${ROUNDS_MAX} rounds`);
    if (!simulation.isCalm || !isProposerAble || !simulation.isSlowEnough(round)) return;
    const rounds = this.#goodRounds.get(height) ?? new Set();
    rounds.add(round);
    this.#goodRounds.set(height, rounds);
    if (rounds.size > GOOD_ROUNDS_MAX && simulation.scenario.trust === 'sound')
      throw new Violation('liveness', `height ${height} needs a third good round`);
  }

  /** The first honest node has decided the height. */
  decided(height: number): void {
    const { statistics, isCalm } = this.#simulation;
    const good = this.#goodRounds.get(height)?.size;
    if (good !== undefined) statistics.add(`good_rounds/${good}`);
    if (isCalm) this.#decidedInCalm += 1;
    this.#goodRounds.delete(height);
    this.#rounds.delete(height);
  }
}
