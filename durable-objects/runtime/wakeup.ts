/**
 * @module The one timer of an object: a setTimeout for precision while the object lives, the alarm as the durable
 * watchdog behind it. An object with nothing due has neither.
 */

/** A timer up to this long is worth holding the object in memory for; later ones are left to the alarm alone. */
const TIMER_MAX_MS = 10_000;
/** How much later than the timer the alarm stands; it only acts when the timer died with its object. */
const WATCHDOG_DELAY_MS = 2_000;
/** The alarm is not moved for less than this: each move is a row written. */
const ALARM_SLACK_MS = 5_000;

export class Wakeup {
  readonly #storage: DurableObjectStorage;
  readonly #onDue: () => void;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #alarmMs: number | null;

  /** `alarmMs` is what `storage.getAlarm()` said when the object woke. */
  constructor(storage: DurableObjectStorage, alarmMs: number | null, onDue: () => void) {
    this.#storage = storage;
    this.#alarmMs = alarmMs;
    this.#onDue = onDue;
  }

  /** Arms for `dueMs`, or disarms everything for null. Idempotent and cheap when nothing changes. */
  set(dueMs: number | null, nowMs: number): void {
    if (dueMs === null) {
      this.#clearTimer();
      this.#clearAlarm();
      return;
    }
    const useTimer = dueMs - nowMs <= TIMER_MAX_MS;
    if (useTimer) this.#setTimer(dueMs, nowMs);
    else this.#clearTimer();
    this.#setAlarm(useTimer ? Math.max(dueMs, nowMs) + WATCHDOG_DELAY_MS : dueMs, nowMs);
  }

  /** The platform ran the alarm: none is set any more. */
  alarmFired(): void {
    this.#alarmMs = null;
  }

  #setTimer(dueMs: number, nowMs: number): void {
    if (this.#timer !== null && this.#timerDueMs === dueMs) return;
    this.#clearTimer();
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(
      () => {
        this.#timer = null;
        this.#timerDueMs = Number.POSITIVE_INFINITY;
        this.#onDue();
      },
      Math.max(0, dueMs - nowMs),
    );
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerDueMs = Number.POSITIVE_INFINITY;
  }

  #setAlarm(atMs: number, nowMs: number): void {
    const current = this.#alarmMs;
    if (
      current !== null &&
      current > nowMs &&
      current >= atMs - ALARM_SLACK_MS &&
      current <= atMs + ALARM_SLACK_MS
    )
      return;
    this.#alarmMs = atMs;
    void this.#storage.setAlarm(atMs);
  }

  #clearAlarm(): void {
    if (this.#alarmMs === null) return;
    this.#alarmMs = null;
    void this.#storage.deleteAlarm();
  }
}
