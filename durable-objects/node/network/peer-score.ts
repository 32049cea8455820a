/**
 * @module What is thought of a peer: a number from -100 to 100 that drifts back to 0. Bands and half-life are those of
 * Lodestar, which has run them for years.
 */
import type { PeerOffence } from '../../../shared/api/objects.ts';

/** Time in which a score loses half of its distance from 0. */
export const SCORE_HALF_LIFE_MS = 600_000;
/** At or below this a peer is asked for nothing and recommended to nobody. */
export const AVOID_AT = -20;
/** At or below this it is banned, */
export const BAN_AT = -50;
/** for so long. */
export const BAN_MS = 1_800_000;
const SCORE_MAX = 100;

/** A score as of a time. */
export interface Score {
  readonly value: number;
  readonly atMs: number;
}

/** What each offence costs. A grave one is enough for a ban: an honest node never commits it. */
export const OFFENCE_POINTS: Readonly<Record<PeerOffence, number>> = {
  timeout: 5,
  duplicate: 1,
  late: 1,
  truncated: 20,
  flood: 20,
  bad_frame: 20,
  invalid_transaction: 20,
  bad_signature: 100,
  invalid_block: 100,
  invalid_certificate: 100,
  wrong_state: 100,
};
/** In this time contacts without a fault earn one point, however many they are: who talks often must not buy faults by it, */
export const GOOD_CONTACT_MS = 60_000;
/** up to this: no length of polite answers outweighs one grave fault. */
export const GOOD_CONTACT_MAX = 10;

/** The score at `nowMs`. A clock that went back changes nothing. */
export function scoreAt({ value, atMs }: Score, nowMs: number): number {
  return value * 2 ** (-Math.max(0, nowMs - atMs) / SCORE_HALF_LIFE_MS);
}

/** The score after a change by `points`. */
export function movedScore(score: Score, points: number, nowMs: number): Score {
  const value = Math.min(SCORE_MAX, Math.max(-SCORE_MAX, scoreAt(score, nowMs) + points));
  return { value, atMs: nowMs };
}

/** The score after a contact without a fault, `sinceMs` after the one before. */
export function rewardedScore(score: Score, sinceMs: number, nowMs: number): Score {
  const earned = Math.min(1, Math.max(0, sinceMs) / GOOD_CONTACT_MS);
  const room = GOOD_CONTACT_MAX - scoreAt(score, nowMs);
  return movedScore(score, Math.max(0, Math.min(earned, room)), nowMs);
}
