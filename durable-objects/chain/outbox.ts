/**
 * @module The outbox: consumers of the block log, each with its own cursor, none able to hold back a block or another
 * consumer. What waits is derived from head and cursor, so a commit that moves the head has filled the outbox already.
 */
import { errorText, type Logger } from '../../shared/observability/log.ts';

/** A consumer. `deliver` sends some of what is pending and is called again while more is. */
export interface OutboxTarget {
  readonly name: string;
  readonly backoffMaxMs: number;
  pending(): boolean;
  deliver(): Promise<void>;
  /** Told of each failure, with the time of the next attempt. */
  failed?(error: unknown, nowMs: number): void;
}

export const BACKOFF_FIRST_MS = 100;
/** While a delivery is under way the alarm stands this far ahead, in case the object dies under it. */
const DELIVERY_WATCHDOG_MS = 3_000;

interface Delivery {
  running: boolean;
  attempts: number;
  retryAtMs: number;
}

/** Exponential back-off: 100 ms, 200 ms, 400 ms, ... up to the target's bound. */
export function backoffMs(attempts: number, maxMs: number): number {
  return Math.min(maxMs, BACKOFF_FIRST_MS * 2 ** Math.min(attempts - 1, 20));
}

export class Outbox {
  readonly #targets = new Map<string, { target: OutboxTarget; delivery: Delivery }>();
  readonly #log: Logger;
  readonly #onSettled: () => void;

  /** `onSettled` is called after each delivery, so that the object can arm or disarm its timer. */
  constructor(log: Logger, onSettled: () => void) {
    this.#log = log;
    this.#onSettled = onSettled;
  }

  add(target: OutboxTarget): void {
    this.#targets.set(target.name, { target, delivery: { running: false, attempts: 0, retryAtMs: 0 } });
  }

  /** Removes this very target; one that has taken its name since stays. Returns whether it was there. */
  remove(target: OutboxTarget): boolean {
    return this.get(target.name) === target && this.#targets.delete(target.name);
  }

  get(name: string): OutboxTarget | undefined {
    return this.#targets.get(name)?.target;
  }

  /** Starts each delivery that is pending, due and not running. Returns at once. */
  kick(nowMs: number): void {
    for (const { target, delivery } of this.#targets.values()) {
      if (delivery.running || !target.pending() || delivery.retryAtMs > nowMs) continue;
      delivery.running = true;
      void this.#run(target, delivery);
    }
  }

  /** When the next attempt is due; null when nothing waits. */
  nextDueMs(nowMs: number): number | null {
    let due: number | null = null;
    for (const { target, delivery } of this.#targets.values()) {
      if (!delivery.running && !target.pending()) continue;
      const at = delivery.running ? nowMs + DELIVERY_WATCHDOG_MS : delivery.retryAtMs;
      due = due === null ? at : Math.min(due, at);
    }
    return due;
  }

  async #run(target: OutboxTarget, delivery: Delivery): Promise<void> {
    try {
      while (target.pending() && this.get(target.name) === target) {
        await target.deliver();
        delivery.attempts = 0;
      }
      delivery.retryAtMs = 0;
    } catch (error) {
      delivery.attempts += 1;
      const nowMs = Date.now();
      const waitMs = backoffMs(delivery.attempts, target.backoffMaxMs);
      delivery.retryAtMs = nowMs + waitMs;
      this.#log.warning('a delivery failed and will be tried again', {
        function: 'outbox',
        target: target.name,
        attempts: delivery.attempts,
        retry_in_ms: waitMs,
        error: errorText(error),
      });
      target.failed?.(error, nowMs);
    } finally {
      delivery.running = false;
      this.#onSettled();
    }
  }
}
