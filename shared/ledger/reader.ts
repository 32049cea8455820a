/**
 * @module Reads from the nearest copy of the ledger that is fresh enough. Never older than asked for: the
 * next copy, the primary, a bounded wait there, then LEDGER_MIN_HEIGHT.
 */
import { assert } from '../protocol/primitives/assert.ts';
import { afterFailure, BREAKER_CLOSED, type Breaker, isOpen } from './breaker.ts';
import type { LedgerClient } from './client-web.ts';
import { LedgerError } from './errors.ts';
import { type LedgerAnswer, type LedgerQuery, runQuery } from './query.ts';
import { chooseTargets, type LedgerTarget, type Place } from './replicas.ts';

/** Longest wait for a height that the primary does not have yet. */
export const MIN_HEIGHT_WAIT_MAX_MS = 5_000;
/** First pause before the primary is asked again; it doubles. */
export const MIN_HEIGHT_PAUSE_MS = 10;
/** How long a height that a replica once answered with keeps it from being asked for a higher one. */
export const HEIGHT_MEMORY_MS = 100;

/** What a reader works with; time is injected. */
export interface LedgerReaderDeps {
  readonly targets: readonly LedgerTarget[];
  /** A client with the time limit of this target's kind. Called once per target. */
  readonly clientFor: (target: LedgerTarget) => LedgerClient;
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Answers of another chain's ledger are refused with LEDGER_WRONG_CHAIN. */
  readonly genesisHash?: string;
}

/** What the caller of a read wants. */
export interface ReadOptions {
  readonly place?: Place;
  /** Lowest ledger height that may answer. Default 0. */
  readonly minHeight?: number;
  /** How long to wait for it at the primary, up to MIN_HEIGHT_WAIT_MAX_MS. Default 0. */
  readonly waitMs?: number;
}

/** An answer, the height it reflects and who gave it. */
export interface LedgerRead<T> {
  readonly value: T;
  readonly height: number;
  readonly servedBy: { readonly kind: 'primary' } | { readonly kind: 'replica'; readonly region: string };
  /** Blocks behind the highest answer that this reader has seen. */
  readonly lag: number;
}

interface Memory {
  breaker: Breaker;
  height: number;
  seenMs: number;
}

interface Failure {
  readonly target: LedgerTarget;
  readonly error: LedgerError;
}

/** One per chain and isolate: it keeps the clients and what it learned of each target. */
export class LedgerReader {
  readonly #deps: LedgerReaderDeps;
  readonly #clients = new Map<string, LedgerClient>();
  readonly #memory = new Map<string, Memory>();
  #highest = 0;

  constructor(deps: LedgerReaderDeps) {
    assert(deps.targets.filter(({ kind }) => kind === 'primary').length === 1, 'a ledger has one primary');
    this.#deps = deps;
  }

  /**
   * Runs the query at the best target. When none can answer it throws LEDGER_MIGRATING if a copy had an older
   * schema, LEDGER_MIN_HEIGHT if the primary lacks the height, LEDGER_UNREACHABLE or LEDGER_TIMEOUT if the
   * primary is away.
   */
  async read<T>(query: LedgerQuery<T>, options: ReadOptions = {}): Promise<LedgerRead<T>> {
    const minHeight = Math.max(query.minHeight, options.minHeight ?? 0);
    const targets = chooseTargets(this.#deps.targets, options.place ?? {}, minHeight, (t) =>
      this.#stateOf(t),
    );
    const failures: Failure[] = [];
    for (const target of targets) {
      const answer = await this.#ask(target, query, failures);
      if (answer === null) continue;
      if (answer.height >= minHeight) return this.#served(target, answer);
      const tooLow = target.kind === 'primary' && (options.waitMs ?? 0) > 0;
      const later = tooLow ? await this.#wait(target, query, minHeight, options.waitMs ?? 0, failures) : null;
      if (later !== null) return this.#served(target, later);
      const details = { min_height: minHeight, height: answer.height };
      failures.push({ target, error: new LedgerError('LEDGER_MIN_HEIGHT', undefined, details) });
    }
    throw mostTelling(failures);
  }

  /** Closes the clients. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  async #ask<T>(
    target: LedgerTarget,
    query: LedgerQuery<T>,
    failures: Failure[],
  ): Promise<LedgerAnswer<T> | null> {
    const memory = this.#memoryOf(target);
    try {
      const answer = await runQuery(this.#clientOf(target), query);
      this.#checkChain(answer);
      this.#memory.set(target.url, {
        breaker: BREAKER_CLOSED,
        height: answer.height,
        seenMs: this.#deps.now(),
      });
      this.#highest = Math.max(this.#highest, answer.height);
      return answer;
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      failures.push({ target, error });
      const absent = error.code === 'LEDGER_TIMEOUT' || error.code === 'LEDGER_UNREACHABLE';
      if (absent)
        this.#memory.set(target.url, { ...memory, breaker: afterFailure(memory.breaker, this.#deps.now()) });
      return null;
    }
  }

  /** Asks the primary again, at doubling pauses, until it has the height or the time is over. */
  async #wait<T>(
    target: LedgerTarget,
    query: LedgerQuery<T>,
    minHeight: number,
    waitMs: number,
    failures: Failure[],
  ): Promise<LedgerAnswer<T> | null> {
    let left = Math.min(waitMs, MIN_HEIGHT_WAIT_MAX_MS);
    for (let pause = MIN_HEIGHT_PAUSE_MS; left > 0; pause *= 2) {
      const started = this.#deps.now();
      await this.#deps.sleep(Math.min(pause, left));
      const answer = await this.#ask(target, query, failures);
      if (answer !== null && answer.height >= minHeight) return answer;
      // The clock of a Worker may stand still; the pause at least has passed.
      left -= Math.max(this.#deps.now() - started, Math.min(pause, left));
    }
    return null;
  }

  #checkChain(answer: LedgerAnswer<unknown>): void {
    const { genesisHash } = this.#deps;
    if (genesisHash === undefined || answer.genesisHash === null || answer.genesisHash === genesisHash)
      return;
    const details = { expected: genesisHash, found: answer.genesisHash };
    throw new LedgerError('LEDGER_WRONG_CHAIN', undefined, details);
  }

  #served<T>(target: LedgerTarget, { value, height }: LedgerAnswer<T>): LedgerRead<T> {
    const servedBy =
      target.kind === 'primary'
        ? ({ kind: 'primary' } as const)
        : { kind: target.kind, region: target.region };
    return { value, height, servedBy, lag: Math.max(0, this.#highest - height) };
  }

  #stateOf(target: LedgerTarget) {
    const { breaker, height, seenMs } = this.#memoryOf(target);
    const nowMs = this.#deps.now();
    const down = isOpen(breaker, nowMs);
    return nowMs - seenMs <= HEIGHT_MEMORY_MS ? { down, height } : { down };
  }

  #memoryOf(target: LedgerTarget): Memory {
    return (
      this.#memory.get(target.url) ?? { breaker: BREAKER_CLOSED, height: 0, seenMs: Number.NEGATIVE_INFINITY }
    );
  }

  #clientOf(target: LedgerTarget): LedgerClient {
    const known = this.#clients.get(target.url);
    if (known !== undefined) return known;
    const client = this.#deps.clientFor(target);
    this.#clients.set(target.url, client);
    return client;
  }
}

/**
 * A foreign or unmigrated database says so; else it is the primary's word that counts: replicas may always
 * lag.
 */
function mostTelling(failures: readonly Failure[]): LedgerError {
  const byCode = (code: string) => failures.find(({ error }) => error.code === code)?.error;
  const ofPrimary = failures.findLast(({ target }) => target.kind === 'primary')?.error;
  const schema = byCode('LEDGER_WRONG_CHAIN') ?? byCode('LEDGER_MIGRATING');
  return (
    schema ??
    ofPrimary ??
    new LedgerError('LEDGER_UNREACHABLE', 'the primary failed lately and is left alone')
  );
}
