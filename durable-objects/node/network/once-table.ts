/** @module What counts only once: nonces of requests and ids of notices, as rows, so that a restart does not forget them. */

/** What is remembered. Each kind has its own room, so that a storm of one leaves the other alone. */
export type OnceKind = 'nonces' | 'notices';

export const CREATE_ONCE_TABLES = (['nonces', 'notices'] satisfies OnceKind[])
  .map(
    (kind) => `
CREATE TABLE IF NOT EXISTS ${kind} (
  id TEXT PRIMARY KEY,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS ${kind}_expiry ON ${kind} (expires_ms);
`,
  )
  .join('');

/** Ids of one kind remembered at once. Beyond it nothing new is taken: what cannot be remembered could come twice. */
export const ONCE_MAX = 20_000;
/** Shortest time between two sweeps. */
const SWEEP_MS = 10_000;

export class OnceTable {
  readonly #sql: SqlStorage;
  readonly #kind: OnceKind;
  #count: number;
  #sweptMs = 0;

  constructor(sql: SqlStorage, kind: OnceKind) {
    this.#sql = sql;
    this.#kind = kind;
    this.#count = sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${kind}`).one().n;
  }

  /** `first` when an id is claimed for the first time before it expires. */
  claim(id: string, expiresMs: number, nowMs: number): 'first' | 'again' | 'full' {
    if (nowMs - this.#sweptMs >= SWEEP_MS || this.#count >= ONCE_MAX) this.sweep(nowMs);
    if (this.has(id)) return 'again';
    if (this.#count >= ONCE_MAX) return 'full';
    this.#sql.exec(`INSERT INTO ${this.#kind} VALUES (?, ?)`, id, expiresMs);
    this.#count += 1;
    return 'first';
  }

  has(id: string): boolean {
    return this.#sql.exec(`SELECT 1 FROM ${this.#kind} WHERE id = ?`, id).toArray().length > 0;
  }

  /** Forgets what has expired. */
  sweep(nowMs: number): void {
    this.#sweptMs = nowMs;
    const gone = this.#sql.exec(`DELETE FROM ${this.#kind} WHERE expires_ms < ? RETURNING id`, nowMs);
    this.#count -= gone.toArray().length;
  }
}
