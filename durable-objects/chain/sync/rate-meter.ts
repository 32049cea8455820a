/** @module How fast blocks come in, over the last seconds. */
import { RATE_WINDOW_MS } from './limits.ts';

interface Sample {
  readonly atMs: number;
  readonly height: number;
}

export class RateMeter {
  #samples: Sample[] = [];

  /** The head is at `height` at this time. */
  add(height: number, nowMs: number): void {
    this.#forget(nowMs);
    const last = this.#samples.at(-1);
    if (last?.atMs === nowMs) this.#samples[this.#samples.length - 1] = { atMs: nowMs, height };
    else this.#samples.push({ atMs: nowMs, height });
  }

  /** Blocks per second within the window; 0 while there is nothing to compare. */
  perSecond(nowMs: number): number {
    this.#forget(nowMs);
    const [first] = this.#samples;
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
    return ((last.height - first.height) * 1_000) / (last.atMs - first.atMs);
  }

  /** Nothing is missing any more. */
  clear(): void {
    this.#samples = [];
  }

  #forget(nowMs: number): void {
    const oldest = this.#samples.findIndex(({ atMs }) => atMs >= nowMs - RATE_WINDOW_MS);
    this.#samples = oldest < 0 ? [] : this.#samples.slice(oldest);
  }
}
