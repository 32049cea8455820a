/** @module HTTP to one chain of one node: typed errors, bounded retries, reads that never go back in time. */
import { isProblemCode, type Problem } from '../shared/api/problems.ts';
import { backoff, sleep } from './abort.ts';
import { type AtollError, errorOf, GenesisChangedError, NetworkError } from './errors.ts';

/** The part of `fetch` that the SDK uses. */
export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;

/** Attempts of one call, the first included. */
export const ATTEMPTS_MAX = 4;
const RETRY_FIRST_MS = 150;
const RETRY_MAX_MS = 3_000;
/** One attempt, from request to the last byte. The node itself bounds `wait=final` below it. */
export const TIMEOUT_MS_DEFAULT = 30_000;

/** One call. */
export interface Call {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  /** Whether an attempt that may have reached the node can be repeated. Default: GET only. */
  readonly idempotent?: boolean;
  /** Reads of the chain send the highest height seen; a route that is no such read may not. */
  readonly fresh?: boolean;
}

export interface TransportOptions {
  readonly url: string;
  readonly chainId: string | undefined;
  readonly fetch: Fetch | undefined;
  readonly timeoutMs: number | undefined;
}

export class Transport {
  /** Of the chain, without a slash at the end. */
  readonly baseUrl: string;
  readonly #fetch: Fetch;
  readonly #timeoutMs: number;
  #seenHeight = 0;
  #genesisHash: string | null = null;

  constructor(options: TransportOptions) {
    const root = options.url.replace(/\/+$/, '');
    this.baseUrl =
      options.chainId === undefined ? root : `${root}/chains/${encodeURIComponent(options.chainId)}`;
    // Called without a receiver: some runtimes refuse `fetch` as a method of another object.
    const { fetch: given = globalThis.fetch } = options;
    this.#fetch = (input, init) => given(input, init);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS_DEFAULT;
  }

  /** Highest height that any answer has shown: later reads are never older. */
  get seenHeight(): number {
    return this.#seenHeight;
  }

  /** Genesis hash of the chain, null before the first answer. */
  get genesisHash(): string | null {
    return this.#genesisHash;
  }

  /** Notes what an answer or event showed. Throws GenesisChangedError. */
  observe(height: number | null, genesisHash: string | null): void {
    if (genesisHash !== null) {
      this.#genesisHash ??= genesisHash;
      if (this.#genesisHash !== genesisHash) throw new GenesisChangedError(this.#genesisHash, genesisHash);
    }
    if (height !== null && height > this.#seenHeight) this.#seenHeight = height;
  }

  /** Gets JSON. Throws AtollError, or the signal's reason. */
  get<T>(path: string, call: Call = {}): Promise<T> {
    return this.#call<T>('GET', path, { fresh: true, ...call, idempotent: true });
  }

  /** Posts JSON. Throws AtollError, or the signal's reason. */
  post<T>(path: string, body: unknown, call: Call = {}): Promise<T> {
    return this.#call<T>('POST', path, { ...call, body });
  }

  async #call<T>(method: string, path: string, call: Call): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#attempt<T>(method, path, call);
      } catch (error) {
        call.signal?.throwIfAborted();
        const waitMs = retryAfterMs(error as AtollError, attempt, call.idempotent === true);
        if (waitMs === null) throw error;
        await sleep(waitMs, call.signal);
      }
    }
  }

  async #attempt<T>(method: string, path: string, call: Call): Promise<T> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]);
    const headers: Record<string, string> = { accept: 'application/json' };
    if (call.body !== undefined) headers['content-type'] = 'application/json';
    if (call.fresh === true && this.#seenHeight > 0) headers['x-min-height'] = String(this.#seenHeight);
    const init: RequestInit = { method, headers, signal };
    if (call.body !== undefined) init.body = JSON.stringify(call.body);
    let status: number;
    let text: string;
    let answered: Headers;
    try {
      const response = await this.#fetch(this.#urlOf(path, call.query), init);
      ({ status, headers: answered } = response);
      text = await response.text();
    } catch (cause) {
      throw new NetworkError('NETWORK_ERROR', `${method} ${this.baseUrl}${path}: no answer`, { cause });
    }
    const json = parseJson(text);
    if (status >= 400) throw failureOf(status, json, answered);
    if (json === undefined)
      throw new NetworkError('ANSWER_INVALID', `${path}: the answer is not JSON`, { status });
    this.observe(numberOf(answered.get('x-chain-height')), answered.get('x-genesis-hash'));
    return json as T;
  }

  #urlOf(path: string, query: Call['query'] = {}): string {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
    return `${this.baseUrl}${path}${text === '' ? '' : `?${text}`}`;
  }
}

function numberOf(text: string | null): number | null {
  return text === null || !/^\d{1,15}$/.test(text) ? null : Number(text);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Asked-for pauses travel with the error: the answer is gone by then. */
const pauses = new WeakMap<AtollError, number>();

function failureOf(status: number, json: unknown, headers: Headers): AtollError {
  const isProblem = typeof json === 'object' && json !== null && 'code' in json && isProblemCode(json.code);
  const error = isProblem
    ? errorOf(json as Problem)
    : new NetworkError('ANSWER_INVALID', `HTTP ${status} without a problem`, { status });
  const seconds = numberOf(headers.get('retry-after'));
  if (seconds !== null) pauses.set(error, seconds * 1_000);
  return error;
}

/** How long to wait before the next attempt; null for an error that is final. */
function retryAfterMs(error: AtollError, attempt: number, idempotent: boolean): number | null {
  if (attempt + 1 >= ATTEMPTS_MAX || !idempotent) return null;
  const transient =
    error instanceof NetworkError ? error.status === 0 || error.status >= 500 : error.problem?.retryable;
  if (transient !== true) return null;
  const asked = pauses.get(error) ?? 0;
  return asked > RETRY_MAX_MS ? null : Math.max(asked, backoff(attempt, RETRY_FIRST_MS, RETRY_MAX_MS));
}
