/**
 * @module The nodes that a follower follows its chain through: a few of those that can be reached, others in their place
 * when they fail. None while there is nothing to do.
 */
import { sha256Hex } from '../../../shared/protocol/crypto/hashing.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import {
  UPSTREAM_FAILURES_MAX,
  UPSTREAM_REST_FIRST_MS,
  UPSTREAM_REST_MAX_MS,
  UPSTREAMS_MAX,
} from './limits.ts';

export interface UpstreamsDeps {
  /** Makes the order of this node: its own key, say. */
  readonly order: string;
  /** Whoever can be reached, in no order. */
  candidates(): readonly ConsensusKey[];
  isValidator(key: ConsensusKey): boolean;
  isConnected(key: ConsensusKey): boolean;
  connect(key: ConsensusKey): void;
  release(key: ConsensusKey): void;
}

interface Rest {
  readonly untilMs: number;
  readonly lengthMs: number;
}

export class Upstreams {
  readonly #deps: UpstreamsDeps;
  readonly #chosen = new Set<ConsensusKey>();
  /** Candidates that failed lately. */
  readonly #resting = new Map<ConsensusKey, Rest>();
  #isEngaged = false;

  constructor(deps: UpstreamsDeps) {
    this.#deps = deps;
  }

  /** Whether there is something to do, and so somebody to call. */
  get isEngaged(): boolean {
    return this.#isEngaged;
  }

  has(peer: ConsensusKey): boolean {
    return this.#chosen.has(peer);
  }

  /** Those chosen, linked ones and validators first: the order of preference. */
  list(): readonly ConsensusKey[] {
    const { isConnected, isValidator } = this.#deps;
    const rank = (key: ConsensusKey) => (isConnected(key) ? 0 : 2) + (isValidator(key) ? 0 : 1);
    return [...this.#chosen].sort((one, other) => rank(one) - rank(other));
  }

  /** There is something to do: chooses and calls as many as may be, `first` among them if it can be reached. */
  engage(nowMs: number, first: ConsensusKey | null = null): void {
    this.#isEngaged = true;
    for (const peer of this.#chosen) if (!this.#deps.isConnected(peer)) this.#deps.connect(peer);
    if (first !== null && !this.#chosen.has(first) && this.#deps.candidates().includes(first)) {
      const [dropped] = this.#chosen.size < UPSTREAMS_MAX ? [] : this.list().toReversed();
      if (dropped !== undefined && this.#deps.isConnected(dropped)) return;
      if (dropped !== undefined) this.#drop(dropped);
      this.#choose(first);
    }
    if (this.#chosen.size >= UPSTREAMS_MAX) return;
    for (const candidate of this.#ranked(nowMs)) {
      if (this.#chosen.size >= UPSTREAMS_MAX) return;
      this.#choose(candidate);
    }
  }

  /** An attempt to reach a chosen one has failed, so many in a row: another takes its place. */
  failed(peer: ConsensusKey, failures: number, nowMs: number): void {
    if (!this.#chosen.has(peer) || failures < UPSTREAM_FAILURES_MAX) return;
    this.exclude(peer, nowMs);
  }

  /** A chosen one is of no use now. */
  exclude(peer: ConsensusKey, nowMs: number): void {
    const before = this.#resting.get(peer)?.lengthMs ?? UPSTREAM_REST_FIRST_MS / 2;
    const lengthMs = Math.min(UPSTREAM_REST_MAX_MS, 2 * before);
    this.#resting.set(peer, { untilMs: nowMs + lengthMs, lengthMs });
    if (this.#chosen.has(peer)) this.#drop(peer);
    if (this.#isEngaged) this.engage(nowMs);
  }

  /** It works: its failures are forgotten. */
  worked(peer: ConsensusKey): void {
    this.#resting.delete(peer);
  }

  /** Nothing to do: nobody is called any more. */
  rest(): void {
    this.#isEngaged = false;
    for (const peer of this.#chosen) this.#drop(peer);
  }

  tick(nowMs: number): void {
    const dueMs = this.nextDueMs();
    if (dueMs !== null && dueMs <= nowMs) this.engage(nowMs);
  }

  /** When a candidate that rests may fill an empty place. */
  nextDueMs(): number | null {
    if (!this.#isEngaged || this.#chosen.size >= UPSTREAMS_MAX) return null;
    const known = new Set(this.#deps.candidates());
    const ends = [...this.#resting].filter(([peer]) => known.has(peer) && !this.#chosen.has(peer));
    return ends.length === 0 ? null : Math.min(...ends.map(([, { untilMs }]) => untilMs));
  }

  #choose(peer: ConsensusKey): void {
    this.#chosen.add(peer);
    this.#deps.connect(peer);
  }

  #drop(peer: ConsensusKey): void {
    this.#chosen.delete(peer);
    this.#deps.release(peer);
  }

  /** Validators first, each follower in an order of its own, so that they do not all call the same ones. */
  #ranked(nowMs: number): ConsensusKey[] {
    const { order: own, isValidator } = this.#deps;
    const lot = (key: ConsensusKey) => sha256Hex(new TextEncoder().encode(`${own}/${key}`));
    return this.#deps
      .candidates()
      .filter((key) => !this.#chosen.has(key) && (this.#resting.get(key)?.untilMs ?? 0) <= nowMs)
      .map((key) => ({ key, order: `${isValidator(key) ? 0 : 1}${lot(key)}` }))
      .sort((one, other) => (one.order < other.order ? -1 : 1))
      .map(({ key }) => key);
  }
}
