/** @module How long rounds and quorums take. Measured in the turn, so that the figures are written with the block they led to. */
import type { ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';

/** Durations since the last block, in seconds. */
export interface Durations {
  readonly quorumDelaySeconds: readonly number[];
  readonly roundDurationSeconds: readonly number[];
}

export class ConsensusMeter {
  /** When the open round began; null when that was in an earlier life of the object, or nothing is open. */
  #roundMs: number | null = null;
  /** When the proposal of a round was first here. */
  readonly #proposedMs = new Map<number, number>();
  #quorumDelaySeconds: number[] = [];
  #roundDurationSeconds: number[] = [];

  /** Takes one event of the machine at the time of its turn, milliseconds. */
  take(event: ConsensusEvent, nowMs: number): void {
    switch (event.name) {
      case 'new_round':
        this.#endRound(nowMs);
        this.#roundMs = nowMs;
        return;
      case 'proposal':
        if (!this.#proposedMs.has(event.round)) this.#proposedMs.set(event.round, nowMs);
        return;
      case 'commit': {
        const proposedMs = this.#proposedMs.get(event.round);
        if (proposedMs !== undefined) this.#quorumDelaySeconds.push((nowMs - proposedMs) / 1000);
        this.#endRound(nowMs);
        this.#proposedMs.clear();
        return;
      }
      default:
    }
  }

  /** What was measured since it was asked last. */
  drain(): Durations {
    const durations = {
      quorumDelaySeconds: this.#quorumDelaySeconds,
      roundDurationSeconds: this.#roundDurationSeconds,
    };
    this.#quorumDelaySeconds = [];
    this.#roundDurationSeconds = [];
    return durations;
  }

  #endRound(nowMs: number): void {
    if (this.#roundMs !== null) this.#roundDurationSeconds.push((nowMs - this.#roundMs) / 1000);
    this.#roundMs = null;
  }
}
