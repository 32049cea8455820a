/** @module A running digest of what happened: two 32-bit halves, for comparison and not for security. */

/** Where the digits of a hash are read from, and how many: enough to tell hashes apart. */
const DIGITS_FROM = 2;
const DIGITS_TO = 18;

export class Trace {
  #low = 0x811c9dc5;
  #high = 0x1000193;

  get digest(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
  }

  /** Adds a number, or the beginning of a hash. */
  add(part: number | string): void {
    if (typeof part === 'number') this.#mix(part);
    else for (let index = DIGITS_FROM; index < DIGITS_TO; index++) this.#mix(part.charCodeAt(index));
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ (value | 0), 0x01000193);
    this.#high = Math.imul(this.#high ^ Math.floor(value / 7) ^ this.#low, 0x85ebca6b);
  }
}
