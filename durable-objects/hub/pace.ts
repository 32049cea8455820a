/** @module The pace of sending: a burst of bytes, then the turn ends, so that the network takes them before more are made. */
import { BURST_BYTES } from './limits.ts';

export class Pace {
  #bytes = 0;
  #turn: Promise<void> | null = null;

  /** Counts `bytes` that were sent. Resolves at once within a burst, else in the next turn of the event loop. */
  async sent(bytes: number): Promise<void> {
    this.#bytes += bytes;
    if (this.#bytes < BURST_BYTES) return;
    this.#turn ??= new Promise((resolve) => setTimeout(resolve, 0)).then(() => {
      this.#bytes = 0;
      this.#turn = null;
    });
    await this.#turn;
  }
}
