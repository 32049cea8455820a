/**
 * @module The memory that keeps a validator from signing twice. A signature is made and its row written in the same
 * synchronous turn as the state change that causes it; the output gate lets it out only once the row is durable.
 * Source: docs/spec/blocks.md, "Signing".
 */
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import { assert } from '../../shared/protocol/primitives/assert.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { compareBytes } from '../../shared/protocol/primitives/bytes.ts';

/** Order within a round: a later step never comes before an earlier one. */
export const SIGN_STEPS = { proposal: 0, prevote: 1, precommit: 2 } as const;
export type SignStep = keyof typeof SIGN_STEPS;
const STEP_NAMES = Object.keys(SIGN_STEPS) as SignStep[];

/** Rows of the sign log older than this many heights are dropped; the mark alone guards them. */
export const SIGN_LOG_HEIGHTS = 100;

export interface SignPosition {
  readonly height: number;
  readonly round: number;
  readonly step: SignStep;
}

/** A second, different message for a position that was signed, or a position below the mark. */
export class DoubleSignPrevented extends Error {
  override readonly name = 'DoubleSignPrevented';
}

export class SignLog {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /**
   * Signs `message` at `position`, or returns the stored signature of the very same message.
   * @throws {DoubleSignPrevented} when another message holds the position or the mark is past it.
   */
  sign(key: ConsensusKey, signer: Signer, position: SignPosition, message: Uint8Array): Uint8Array {
    // No row lies above the mark, and nearly every position does.
    if (!this.raiseMark(key, position)) return this.#stored(key, position, message);
    const signature = signer.sign(message);
    this.#sql.exec(
      'INSERT INTO sign_log VALUES (?, ?, ?, ?, ?, ?)',
      key,
      position.height,
      position.round,
      SIGN_STEPS[position.step],
      message,
      signature,
    );
    return signature;
  }

  /** Drops rows that the mark alone guards. Called once in a while, not with each block. */
  prune(headHeight: number): void {
    this.#sql.exec('DELETE FROM sign_log WHERE height < ?', headHeight - SIGN_LOG_HEIGHTS);
  }

  /** The highest position that the key has signed, or must stay above; null for a key that is new here. */
  mark(key: ConsensusKey): SignPosition | null {
    const [row] = this.#sql
      .exec<{ height: number; round: number; step: number }>(
        'SELECT height, round, step FROM sign_mark WHERE consensus_key = ?',
        key,
      )
      .toArray();
    if (row === undefined) return null;
    const step = STEP_NAMES[row.step];
    assert(step !== undefined, 'a mark has a step that can be signed');
    return { height: row.height, round: row.round, step };
  }

  /** Makes the key sign above `position` only. A mark never goes back: false for a position that is not above it. */
  raiseMark(key: ConsensusKey, { height, round, step }: SignPosition): boolean {
    const raised = this.#sql.exec(
      `INSERT INTO sign_mark VALUES (?, ?, ?, ?) ON CONFLICT (consensus_key)
         DO UPDATE SET height = excluded.height, round = excluded.round, step = excluded.step
         WHERE (excluded.height, excluded.round, excluded.step) > (sign_mark.height, sign_mark.round, sign_mark.step)
         RETURNING step`,
      key,
      height,
      round,
      SIGN_STEPS[step],
    );
    return raised.toArray().length > 0;
  }

  /** The signature of the very same message, stored at a position that is not above the mark. */
  #stored(key: ConsensusKey, position: SignPosition, message: Uint8Array): Uint8Array {
    const { height, round, step } = position;
    const [stored] = this.#sql
      .exec<{ message: ArrayBuffer; signature: ArrayBuffer }>(
        'SELECT message, signature FROM sign_log WHERE consensus_key = ? AND height = ? AND round = ? AND step = ?',
        key,
        height,
        round,
        SIGN_STEPS[step],
      )
      .toArray();
    const name = `height ${height} round ${round} ${step}`;
    if (stored === undefined) throw new DoubleSignPrevented(`${name} is not above the mark`);
    if (compareBytes(new Uint8Array(stored.message), message) === 0) return new Uint8Array(stored.signature);
    throw new DoubleSignPrevented(`${name} is signed with another message`);
  }
}
