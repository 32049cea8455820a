/** @module A line that shows how far something is, for a terminal or a log. */

/** Characters of the bar itself. */
const BAR_WIDTH = 30;
const MINUTE_S = 60;
const HOUR_S = 3_600;

/** `[#####-----]` and percent; a target that is no further than the start is reached. */
export function progressBar(start: number, now: number, target: number): string {
  const share = target <= start ? 1 : Math.min(1, Math.max(0, (now - start) / (target - start)));
  const filled = Math.floor(share * BAR_WIDTH);
  const percent = (Math.floor(share * 1_000) / 10).toFixed(1).padStart(5);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}] ${percent} %`;
}

/** A time in its two largest units: `4 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < MINUTE_S) return `${whole} s`;
  if (whole < HOUR_S) return `${Math.floor(whole / MINUTE_S)} min ${whole % MINUTE_S} s`;
  return `${Math.floor(whole / HOUR_S)} h ${Math.floor((whole % HOUR_S) / MINUTE_S)} min`;
}

/** Draws a line over the one before; on what is no terminal it draws nothing. */
export class LiveLine {
  readonly #stream: NodeJS.WriteStream;

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
  }

  get isLive(): boolean {
    return this.#stream.isTTY === true;
  }

  draw(text: string): void {
    if (!this.isLive) return;
    const width = (this.#stream.columns ?? 80) - 1;
    this.#stream.write(`\r\u001b[2K${text.slice(0, width)}`);
  }

  /** The cursor goes to the next line. */
  end(): void {
    if (this.isLive) this.#stream.write('\n');
  }
}
