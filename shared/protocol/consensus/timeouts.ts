/** @module How long a node waits. All in milliseconds; only growing waits guarantee that a round ends well. */
import type { ChainParams } from '../primitives/chain-params.ts';

export const TIMERS = ['propose', 'prevote', 'precommit', 'start', 'build', 'rebroadcast'] as const;
/**
 * `start` opens a height once the block time has passed, `build` makes a proposer wait for its own clock. A new timer
 * of a kind replaces the one before, so a node has at most one of each.
 */
export type TimerKind = (typeof TIMERS)[number];

/** A timer that fires for another height or round than the current one is ignored. */
export interface Timer {
  readonly kind: TimerKind;
  readonly height: number;
  readonly round: number;
}

/** Longest wait for a step: the real delay of the network is assumed to be below it. */
export const TIMEOUT_MAX_MS = 30_000;
/** First wait before a node repeats what it said. */
export const REBROADCAST_MIN_MS = 1_000;
/** Wait in the first round of a node that was late for the height below, before it asks what it has missed in this one. */
export const LATE_ASK_MS = 100;
/** Longest wait between repetitions while more than a third of the others are heard. */
export const REBROADCAST_MAX_MS = 4_000;
/** Longest wait between repetitions while nearly nobody answers. */
export const REBROADCAST_ALONE_MAX_MS = 600_000;
/** Others count as heard for this long after a message. */
export const HEARD_WITHIN_MS = 60_000;

/** Wait for the proposal of a round. */
export function proposeTimeoutMs(params: ChainParams, round: number): number {
  return Math.min(params.timeoutProposeMs + params.timeoutProposeDeltaMs * round, TIMEOUT_MAX_MS);
}

/** Wait for more prevotes or precommits of a round once two thirds have voted. */
export function voteTimeoutMs(params: ChainParams, round: number): number {
  return Math.min(params.timeoutVoteMs + params.timeoutVoteDeltaMs * round, TIMEOUT_MAX_MS);
}

/** The wait after a repetition that came after `previousMs`. */
export function nextRebroadcastMs(previousMs: number, othersAreHeard: boolean): number {
  return Math.min(previousMs * 2, othersAreHeard ? REBROADCAST_MAX_MS : REBROADCAST_ALONE_MAX_MS);
}
