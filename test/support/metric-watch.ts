/** @module Watches the metrics of several nodes while something happens, and tells which of them moved. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../../cli/devnet/bundle.ts';

/** Short, to see what stands for a moment only. */
const INTERVAL_MS = 20;
const SCRAPE_MS_MAX = 5_000;

/** Names in the tables of `docs/spec/metrics.md`, in their order. */
export async function documentedMetrics(): Promise<string[]> {
  const text = await readFile(join(ROOT, 'docs/spec/metrics.md'), 'utf8');
  return [...text.matchAll(/^\| `(blockchain_\w+)` \|/gm)].map(([, name = '']) => name);
}

/** Scrapes until it is stopped. A series has moved when one node has shown two values of it, or it came up above 0. */
export class MetricWatch {
  readonly #urls: readonly string[];
  readonly #seen = new Map<string, number>();
  readonly #scraped = new Set<string>();
  readonly #exposed = new Set<string>();
  readonly #moved = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();

  constructor(urls: readonly string[]) {
    this.#urls = urls;
    this.#timer = setInterval(() => (this.#running = this.#round()), INTERVAL_MS);
  }

  /** Names that some node has exposed, without `_bucket`, `_sum` and `_count`. */
  get exposed(): ReadonlySet<string> {
    return this.#exposed;
  }

  get moved(): ReadonlySet<string> {
    return this.#moved;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #round(): Promise<void> {
    await this.#running;
    await Promise.all(this.#urls.map((url) => this.#scrape(url)));
  }

  async #scrape(url: string): Promise<void> {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(SCRAPE_MS_MAX) }).catch(
      () => null, // A node may be down: that is part of what is watched.
    );
    if (response?.status !== 200) return;
    const text = await response.text();
    for (const [, series = '', name = '', value = ''] of text.matchAll(/^((\w+)(?:\{.*\})?) (\S+)$/gm)) {
      this.#take(url, series, name.replace(/_(bucket|sum|count)$/, ''), Number(value));
    }
    this.#scraped.add(url);
  }

  #take(url: string, series: string, name: string, value: number): void {
    const key = `${url} ${series}`;
    const before = this.#seen.get(key);
    const isNew = before === undefined && this.#scraped.has(url) && value !== 0;
    if (isNew || (before !== undefined && before !== value)) this.#moved.add(name);
    this.#seen.set(key, value);
    this.#exposed.add(name);
  }
}
