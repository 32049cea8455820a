/** @module The row of a key's guard: why it is up, what has been seen since, and what the operator has said. */
import type { SigningGuardReason, SigningRecordSource } from '../../../shared/api/consensus-views.ts';
import type { ConsensusKey } from '../../../shared/protocol/primitives/brand.ts';

/** A guard that is up. */
export interface RaisedGuard {
  readonly reason: SigningGuardReason;
  readonly source: SigningRecordSource;
  readonly recordHeight: number;
  /** Neither a signature of the key nor a record is known above this height: the quiet heights count from here. */
  readonly quietFrom: number;
  readonly sinceMs: number;
}

/** What is remembered of a key beside its mark. */
export interface GuardRow {
  /** Null while the key may sign. */
  readonly guard: RaisedGuard | null;
  /** First height of the set that the key is in, where this storage has seen it come in; 0 otherwise. */
  readonly enteredHeight: number;
  /** Time of the newest order to guard that was obeyed; 0 for none. */
  readonly obeyedMs: number;
  /** The operator's mark: rounds up to this one of this height are signed. Height 0 stands for none. */
  readonly floor: { readonly height: number; readonly round: number };
  /** Head of the storage before blocks that came while nobody had been asked: what a record shows above it was lost. */
  readonly storedHeight: number | null;
}

const FRESH: GuardRow = {
  guard: null,
  enteredHeight: 0,
  obeyedMs: 0,
  floor: { height: 0, round: 0 },
  storedHeight: null,
};

export class GuardRows {
  readonly #sql: SqlStorage;
  readonly #key: ConsensusKey;

  constructor(sql: SqlStorage, key: ConsensusKey) {
    this.#sql = sql;
    this.#key = key;
  }

  read(): GuardRow {
    const [row] = this.#sql
      .exec<{
        reason: string | null;
        source: string | null;
        record_height: number;
        quiet_from: number;
        entered_height: number;
        since_ms: number;
        obeyed_ms: number;
        floor_height: number;
        floor_round: number;
        stored_height: number | null;
      }>('SELECT * FROM sign_guard WHERE consensus_key = ?', this.#key)
      .toArray();
    if (row === undefined) return FRESH;
    const guard =
      row.reason === null
        ? null
        : {
            reason: row.reason as SigningGuardReason,
            source: row.source as SigningRecordSource,
            recordHeight: row.record_height,
            quietFrom: row.quiet_from,
            sinceMs: row.since_ms,
          };
    const floor = { height: row.floor_height, round: row.floor_round };
    const { entered_height: enteredHeight, obeyed_ms: obeyedMs, stored_height: storedHeight } = row;
    return { guard, enteredHeight, obeyedMs, floor, storedHeight };
  }

  write({ guard, enteredHeight, obeyedMs, floor, storedHeight }: GuardRow): void {
    this.#sql.exec(
      'INSERT OR REPLACE INTO sign_guard VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      this.#key,
      guard?.reason ?? null,
      guard?.source ?? null,
      guard?.recordHeight ?? 0,
      guard?.quietFrom ?? 0,
      enteredHeight,
      guard?.sinceMs ?? 0,
      obeyedMs,
      floor.height,
      floor.round,
      storedHeight,
    );
  }
}
