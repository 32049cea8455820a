/** @module What gossip has brought since the object woke, for people and metrics; nothing decides by it. */
import type { GossipFigures, HistogramValue } from '../../../shared/api/objects.ts';
import { emptyHistogram, observe } from '../../../shared/observability/histogram.ts';

/** What gossip carries. An announcement is a hash or a head, without the content. */
export type GossipKind = 'transaction' | 'block' | 'evidence' | 'announcement';
/**
 * Why something was not taken: `invalid` can be so for nobody, `refused` was not admitted here, `hops` came over too many
 * links to be passed on, `room` found a full list, `unasked` is for whoever asked for it, `budget` was more than its
 * sender may send.
 */
export type DropReason = 'invalid' | 'refused' | 'hops' | 'room' | 'unasked' | 'budget';

export class GossipMeter {
  readonly #delivered: Record<string, number> = {};
  readonly #duplicates: Record<string, number> = {};
  readonly #dropped: Record<string, number> = {};
  readonly #latency: Record<string, HistogramValue> = {};
  #changes = 0;

  /** Grows with each count. */
  get changes(): number {
    return this.#changes;
  }

  /** Contents handed to the chain. Of transactions and blocks the age is known, by the clock of whoever made them. */
  delivered(kind: 'evidence', count: number): void;
  delivered(kind: 'transaction' | 'block', count: number, ageMs: number): void;
  delivered(kind: Exclude<GossipKind, 'announcement'>, count: number, ageMs: number | null = null): void {
    if (count === 0) return;
    this.#changes += 1;
    this.#delivered[kind] = (this.#delivered[kind] ?? 0) + count;
    if (ageMs === null) return;
    // Clocks differ: what seems to come from the future has just been made.
    const seconds = new Array<number>(count).fill(Math.max(0, ageMs) / 1_000);
    this.#latency[kind] = observe(this.#latency[kind] ?? emptyHistogram(), seconds);
  }

  /** Contents that were here already. */
  duplicates(kind: GossipKind, count: number): void {
    if (count === 0) return;
    this.#changes += 1;
    this.#duplicates[kind] = (this.#duplicates[kind] ?? 0) + count;
  }

  dropped(reason: DropReason, count: number): void {
    if (count === 0) return;
    this.#changes += 1;
    this.#dropped[reason] = (this.#dropped[reason] ?? 0) + count;
  }

  read(): Pick<GossipFigures, 'delivered' | 'duplicates' | 'dropped' | 'latency_seconds'> {
    return {
      delivered: { ...this.#delivered },
      duplicates: { ...this.#duplicates },
      dropped: { ...this.#dropped },
      latency_seconds: { ...this.#latency },
    };
  }
}
