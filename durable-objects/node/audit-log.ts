/** @module Who did what to this node: administrative actions, kept in order and bounded. */
import type { AuditEntry } from '../../shared/api/node-records.ts';
import type { Logger } from '../../shared/observability/log.ts';

export const CREATE_AUDIT_TABLE = `
CREATE TABLE IF NOT EXISTS audit_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time_ms INTEGER NOT NULL,
  action TEXT NOT NULL,
  actor TEXT NOT NULL,
  resource TEXT NOT NULL,
  success INTEGER NOT NULL,
  detail TEXT NOT NULL
) STRICT;
`;

/** The newest entries that are kept; all of them are in the logs as well. */
export const AUDIT_ENTRIES_MAX = 10_000;
export const AUDIT_PAGE_MAX = 100;

export class AuditLog {
  readonly #sql: SqlStorage;
  readonly #log: Logger;

  constructor(sql: SqlStorage, log: Logger) {
    this.#sql = sql;
    this.#log = log;
  }

  append(entry: AuditEntry): void {
    const { time_ms, action, actor, resource, success, detail } = entry;
    this.#log.info('audit_event', { function: 'append', action, actor, resource, success, detail });
    this.#sql.exec(
      'INSERT INTO audit_log (time_ms, action, actor, resource, success, detail) VALUES (?, ?, ?, ?, ?, ?)',
      time_ms,
      action,
      actor,
      resource,
      success ? 1 : 0,
      detail,
    );
    this.#sql.exec(
      'DELETE FROM audit_log WHERE id <= (SELECT max(id) FROM audit_log) - ?',
      AUDIT_ENTRIES_MAX,
    );
  }

  /** Newest first, below `before`. */
  page(limit: number, before: number = Number.MAX_SAFE_INTEGER): (AuditEntry & { id: number })[] {
    return this.#sql
      .exec<{
        id: number;
        time_ms: number;
        action: string;
        actor: string;
        resource: string;
        success: number;
        detail: string;
      }>(
        'SELECT * FROM audit_log WHERE id < ? ORDER BY id DESC LIMIT ?',
        before,
        Math.min(limit, AUDIT_PAGE_MAX),
      )
      .toArray()
      .map((row) => ({ ...row, success: row.success === 1 }));
  }
}
