/**
 * @module Tells hubs what consensus does between blocks, while someone listens there. Nothing is repeated and nothing
 * waits for it: what cannot be told soon is dropped.
 */
import type { VolatileEvent } from '../../shared/api/consensus-views.ts';
import { errorText, type Logger } from '../../shared/observability/log.ts';
import type { ConsensusEvent } from '../../shared/protocol/consensus/effect.ts';
import { type Bindings, hubStub } from '../runtime/bindings.ts';

/** Events that wait for one hub while it takes the ones before; the oldest are dropped beyond it. */
export const ANNOUNCEMENTS_WAITING_MAX = 256;

interface Listener {
  readonly waiting: VolatileEvent[];
  /** Counts the times that the hub asked: an answer to an earlier announcement does not undo a later wish. */
  wishes: number;
  isTelling: boolean;
}

export interface AnnouncerDeps {
  readonly env: Bindings;
  readonly chainId: string;
  readonly log: Logger;
}

export class Announcer {
  readonly #deps: AnnouncerDeps;
  readonly #listeners = new Map<number, Listener>();

  constructor(deps: AnnouncerDeps) {
    this.#deps = deps;
  }

  /** The hub of this shard has a subscriber, or may have one from an earlier life of this object. */
  want(shard: number): void {
    const known = this.#listeners.get(shard);
    if (known === undefined) this.#listeners.set(shard, { waiting: [], wishes: 0, isTelling: false });
    else known.wishes += 1;
  }

  forget(shard: number): void {
    this.#listeners.delete(shard);
  }

  /** Keeps the event for every hub that wants it, until `flush`. */
  take(event: ConsensusEvent, nowMs: number): void {
    if (this.#listeners.size === 0) return;
    const announced = volatileEvent(event, nowMs);
    if (announced === null) return;
    for (const listener of this.#listeners.values()) {
      listener.waiting.push(announced);
      if (listener.waiting.length > ANNOUNCEMENTS_WAITING_MAX) listener.waiting.shift();
    }
  }

  /** Sends what was kept. Returns at once. Called before blocks are published, so that heights stay in order. */
  flush(): void {
    for (const [shard, listener] of this.#listeners) {
      if (!listener.isTelling && listener.waiting.length > 0) void this.#tell(shard, listener);
    }
  }

  /** One call at a time; what happens meanwhile goes with the next. */
  async #tell(shard: number, listener: Listener): Promise<void> {
    listener.isTelling = true;
    while (listener.waiting.length > 0 && this.#listeners.get(shard) === listener) {
      const { wishes } = listener;
      try {
        const events = listener.waiting.splice(0);
        const { subscribers } = await hubStub(this.#deps.env, this.#deps.chainId, shard).announce(events);
        if (subscribers === 0 && wishes === listener.wishes) this.forget(shard);
      } catch (error) {
        this.#deps.log.debug('an announcement was lost', { function: 'announce', error: errorText(error) });
      }
    }
    listener.isTelling = false;
  }
}

/** The event as subscribers see it; null for what is not for them. Commits come with their blocks. */
export function volatileEvent(event: ConsensusEvent, nowMs: number): VolatileEvent | null {
  const timestamp = new Date(nowMs).toISOString();
  switch (event.name) {
    case 'new_round':
      return { event: 'new_round', ...placeOf(event), timestamp, proposer: event.proposer };
    case 'proposal':
      return { event: 'proposal', ...placeOf(event), timestamp, hash: event.hash };
    case 'quorum':
      return event.vote === 'prevote'
        ? { event: 'prevote_quorum', ...placeOf(event), timestamp, hash: event.hash }
        : null;
    case 'commit':
      return { event: 'precommit_quorum', ...placeOf(event), timestamp, hash: event.hash };
    case 'timeout': {
      const { kind } = event.timer;
      if (kind !== 'propose' && kind !== 'prevote' && kind !== 'precommit') return null;
      return { event: 'timeout', ...placeOf(event.timer), timestamp, step: kind };
    }
    default:
      return null;
  }
}

function placeOf({ height, round }: { height: number; round: number }): { height: number; round: number } {
  return { height, round };
}
