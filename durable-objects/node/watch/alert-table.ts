/** @module Alerts that hold, and what is to be said of them to whoever listens: both as rows. */
import type { AlertView } from '../../../shared/api/network-views.ts';
import type { Alert, Lag } from './alerts.ts';

export const CREATE_ALERT_TABLES = `
CREATE TABLE IF NOT EXISTS alerts (
  alert TEXT NOT NULL,
  chain_id TEXT NOT NULL,
  since_ms INTEGER NOT NULL,
  detail TEXT NOT NULL,
  PRIMARY KEY (alert, chain_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lags (
  chain_id TEXT PRIMARY KEY,
  height INTEGER NOT NULL,
  best INTEGER NOT NULL,
  since_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_ms INTEGER NOT NULL
) STRICT;
`;

/** Messages that wait to be delivered; the oldest make room. */
export const DELIVERIES_MAX = 100;

/** What changed. */
export interface AlertChange {
  readonly change: 'raised' | 'resolved';
  readonly alert: AlertView;
}

/** A message on its way. */
export interface Delivery {
  readonly id: number;
  readonly body: string;
  readonly attempts: number;
  readonly next_ms: number;
}

type Row<T> = T & Record<string, SqlStorageValue>;

export class AlertTable {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  active(): AlertView[] {
    return this.#sql.exec<Row<AlertView>>('SELECT * FROM alerts ORDER BY alert, chain_id').toArray();
  }

  /** Makes the rows those of `alerts`, and tells what is new and what is over. */
  replace(alerts: readonly Alert[], nowMs: number): AlertChange[] {
    const before = this.active();
    const isSame = (view: AlertView, alert: Alert) =>
      view.alert === alert.kind && view.chain_id === alert.chainId;
    const raised = alerts
      .filter((alert) => !before.some((view) => isSame(view, alert)))
      .map(({ kind, chainId, detail }) => ({ alert: kind, chain_id: chainId, since_ms: nowMs, detail }));
    const resolved = before.filter((view) => !alerts.some((alert) => isSame(view, alert)));
    for (const { alert, chain_id, since_ms, detail } of raised) {
      this.#sql.exec('INSERT INTO alerts VALUES (?, ?, ?, ?)', alert, chain_id, since_ms, detail);
    }
    for (const { alert, chain_id } of resolved) {
      this.#sql.exec('DELETE FROM alerts WHERE alert = ? AND chain_id = ?', alert, chain_id);
    }
    return [
      ...raised.map((alert) => ({ change: 'raised' as const, alert })),
      ...resolved.map((alert) => ({ change: 'resolved' as const, alert })),
    ];
  }

  lags(): Lag[] {
    return this.#sql.exec<Row<Lag>>('SELECT * FROM lags').toArray();
  }

  setLags(lags: readonly Lag[]): void {
    if (JSON.stringify(lags) === JSON.stringify(this.lags())) return;
    this.#sql.exec('DELETE FROM lags');
    for (const { chain_id, height, best, since_ms } of lags) {
      this.#sql.exec('INSERT INTO lags VALUES (?, ?, ?, ?)', chain_id, height, best, since_ms);
    }
  }

  /** Queues a message. Returns whether an older one had to go. */
  enqueue(body: string, nowMs: number): boolean {
    this.#sql.exec('INSERT INTO deliveries (body, attempts, next_ms) VALUES (?, 0, ?)', body, nowMs);
    const dropped = this.#sql.exec(
      'DELETE FROM deliveries WHERE id NOT IN (SELECT id FROM deliveries ORDER BY id DESC LIMIT ?) RETURNING id',
      DELIVERIES_MAX,
    );
    return dropped.toArray().length > 0;
  }

  /** Oldest first. */
  due(nowMs: number, limit: number): Delivery[] {
    return this.#sql
      .exec<Row<Delivery>>('SELECT * FROM deliveries WHERE next_ms <= ? ORDER BY id LIMIT ?', nowMs, limit)
      .toArray();
  }

  nextDueMs(): number | null {
    return this.#sql.exec<{ next: number | null }>('SELECT min(next_ms) AS next FROM deliveries').one().next;
  }

  postpone(id: number, nextMs: number): void {
    this.#sql.exec('UPDATE deliveries SET attempts = attempts + 1, next_ms = ? WHERE id = ?', nextMs, id);
  }

  settle(id: number): void {
    this.#sql.exec('DELETE FROM deliveries WHERE id = ?', id);
  }
}
