/** @module The log file of a devnet's node, which every life of it appends to, as a test reads it. */
import { existsSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';

export class NodeLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Bytes so far: where the next line begins. */
  size(): number {
    return existsSync(this.#path) ? statSync(this.#path).size : 0;
  }

  async linesFrom(position: number): Promise<string[]> {
    const file = await open(this.#path, 'r');
    try {
      const buffer = Buffer.alloc(Math.max(0, this.size() - position));
      await file.read(buffer, 0, buffer.length, position);
      return buffer.toString('utf8').split('\n');
    } finally {
      await file.close();
    }
  }

  /** Lines from `position` on that contain `text`. */
  async count(text: string, position: number): Promise<number> {
    return (await this.linesFrom(position)).filter((line) => line.includes(text)).length;
  }

  /** Resolves to true right after a new line contains `text`, and to false after the time when none does. */
  async next(text: string, ms: number): Promise<boolean> {
    const deadline = Date.now() + ms;
    const from = this.size();
    let seen = from;
    while (Date.now() < deadline) {
      const size = this.size();
      if (size > seen && (await this.count(text, from)) > 0) return true;
      seen = size;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return false;
  }
}
