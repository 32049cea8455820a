/**
 * @module Nodes that follow the chain through this one, in rows: when a chain that was idle goes on, their links are
 * closed, and they are told by a request. Bounded; those seen last are kept.
 */
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';
import { FOLLOWER_ROW_MS, FOLLOWERS_KNOWN_MAX, WAKE_AGAIN_MS, WAKE_FAILURES_MAX } from './limits.ts';

interface Follower {
  seenMs: number;
  wokenMs: number;
  failures: number;
}

export class KnownFollowers {
  readonly #sql: SqlStorage;
  readonly #followers = new Map<ConsensusKey, Follower>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    const rows = sql.exec<{ node_key: string; seen_ms: number }>(
      'SELECT node_key, seen_ms FROM followers ORDER BY seen_ms',
    );
    for (const { node_key, seen_ms } of rows) {
      this.#followers.set(node_key as ConsensusKey, { seenMs: seen_ms, wokenMs: 0, failures: 0 });
    }
  }

  get size(): number {
    return this.#followers.size;
  }

  /** A follower has opened a link. */
  met(peer: ConsensusKey, nowMs: number): void {
    const known = this.#followers.get(peer);
    this.#followers.delete(peer);
    const isRowDue = known === undefined || nowMs - known.seenMs > FOLLOWER_ROW_MS;
    this.#followers.set(peer, { seenMs: isRowDue ? nowMs : known.seenMs, wokenMs: 0, failures: 0 });
    if (isRowDue) this.#write(peer, nowMs);
    if (this.#followers.size <= FOLLOWERS_KNOWN_MAX) return;
    const [oldest] = this.#followers.keys();
    if (oldest !== undefined) this.forget(oldest);
  }

  /** Those to wake now, met last first. Each is passed over for a while then. */
  due(isLinked: (peer: ConsensusKey) => boolean, nowMs: number): ConsensusKey[] {
    const due: ConsensusKey[] = [];
    for (const [peer, follower] of [...this.#followers].toReversed()) {
      const waitMs = WAKE_AGAIN_MS * 2 ** follower.failures;
      if (isLinked(peer) || nowMs - follower.wokenMs < waitMs) continue;
      follower.wokenMs = nowMs;
      due.push(peer);
    }
    return due;
  }

  /** A request has reached a follower, or not; one that never takes any is forgotten. */
  woken(peer: ConsensusKey, isTaken: boolean): void {
    const follower = this.#followers.get(peer);
    if (follower === undefined) return;
    follower.failures = isTaken ? 0 : follower.failures + 1;
    if (follower.failures >= WAKE_FAILURES_MAX) this.forget(peer);
  }

  forget(peer: ConsensusKey): void {
    this.#followers.delete(peer);
    this.#sql.exec('DELETE FROM followers WHERE node_key = ?', peer);
  }

  #write(peer: ConsensusKey, nowMs: number): void {
    this.#sql.exec(
      'INSERT INTO followers VALUES (?, ?) ON CONFLICT (node_key) DO UPDATE SET seen_ms = excluded.seen_ms',
      peer,
      nowMs,
    );
  }
}
