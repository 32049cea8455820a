/**
 * @module The memory that keeps a validator from signing twice. A signature is made and its row written in the same
 * synchronous turn as the state change that causes it; the output gate lets it out only once the row is durable.
 * Source: docs/spec/blocks.md, "Signing".
 */
import type { Signer } from '../../shared/protocol/crypto/verifier.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import { compareBytes } from '../../shared/protocol/primitives/bytes.ts';

/** Order within a round: a later step never comes before an earlier one. */
export const SIGN_STEPS = { proposal: 0, prevote: 1, precommit: 2 } as const;
export type SignStep = keyof typeof SIGN_STEPS;

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
    const { height, round } = position;
    const step = SIGN_STEPS[position.step];
    const [stored] = this.#sql
      .exec<{ message: ArrayBuffer; signature: ArrayBuffer }>(
        'SELECT message, signature FROM sign_log WHERE consensus_key = ? AND height = ? AND round = ? AND step = ?',
        key,
        height,
        round,
        step,
      )
      .toArray();
    if (stored !== undefined) {
      if (compareBytes(new Uint8Array(stored.message), message) === 0)
        return new Uint8Array(stored.signature);
      throw new DoubleSignPrevented(
        `height ${height} round ${round} ${position.step} is signed with another message`,
      );
    }
    this.#refuseBelowMark(key, [height, round, step]);
    const signature = signer.sign(message);
    this.#sql.exec(
      'INSERT INTO sign_log VALUES (?, ?, ?, ?, ?, ?)',
      key,
      height,
      round,
      step,
      message,
      signature,
    );
    this.#sql.exec(
      'INSERT INTO sign_mark VALUES (?, ?, ?, ?) ON CONFLICT (consensus_key) DO UPDATE SET height = excluded.height, round = excluded.round, step = excluded.step',
      key,
      height,
      round,
      step,
    );
    return signature;
  }

  /** Drops rows that the mark alone guards. Called once in a while, not with each block. */
  prune(headHeight: number): void {
    this.#sql.exec('DELETE FROM sign_log WHERE height < ?', headHeight - SIGN_LOG_HEIGHTS);
  }

  #refuseBelowMark(key: ConsensusKey, position: readonly [number, number, number]): void {
    const [mark] = this.#sql
      .exec<{ height: number; round: number; step: number }>(
        'SELECT height, round, step FROM sign_mark WHERE consensus_key = ?',
        key,
      )
      .toArray();
    if (mark === undefined) return;
    const order = [mark.height, mark.round, mark.step] as const;
    for (const [index, value] of position.entries()) {
      const marked = order[index] ?? 0;
      if (value > marked) return;
      if (value < marked) break;
    }
    throw new DoubleSignPrevented(`position ${position.join('/')} is not above the mark ${order.join('/')}`);
  }
}
