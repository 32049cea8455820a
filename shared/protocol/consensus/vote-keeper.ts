/**
 * @module The votes of one height. Values are never changed in place. A validator counts once per round and type; its
 * first vote stands, and another one is evidence.
 */
import type { HashHex } from '../primitives/brand.ts';
import { totalPower, type ValidatorSet } from '../validators/validator-set.ts';
import { hasQuorum, hasThird } from '../votes/quorum.ts';
import type { SignedVote, VoteType } from './message.ts';

/** Rounds above the current one that get full vote sets. */
export const FUTURE_ROUNDS_MAX = 8;
/** Rounds below the current one whose votes are kept to help others. */
export const PAST_ROUNDS_KEPT = 8;

/** By validator index; null = not known. */
export type VoteRow = readonly (SignedVote | null)[];

export interface RoundVotes {
  readonly prevote: VoteRow;
  readonly precommit: VoteRow;
}

export interface VoteKeeper {
  readonly rounds: ReadonlyMap<number, RoundVotes>;
  /** By validator: its vote of the highest round, for the skip rule; it may lie above every vote set. */
  readonly latest: VoteRow;
}

export type VoteOutcome =
  | { readonly keeper: VoteKeeper; readonly conflict: null; readonly added: boolean }
  | { readonly keeper: VoteKeeper; readonly conflict: SignedVote; readonly added: false };

/** No votes of `size` validators. */
export function emptyVotes(size: number): VoteKeeper {
  return { rounds: new Map(), latest: emptyRow(size) };
}

/** The votes of a round, empty where none came. */
export function votesOf(keeper: VoteKeeper, round: number, type: VoteType): VoteRow {
  return keeper.rounds.get(round)?.[type] ?? emptyRow(keeper.latest.length);
}

/** The vote that stands in the place of `vote`, if there is one. */
export function standingVote(keeper: VoteKeeper, vote: SignedVote): SignedVote | null {
  const standing = keeper.rounds.get(vote.round)?.[vote.type][vote.validator] ?? null;
  if (standing !== null) return standing;
  const latest = keeper.latest[vote.validator] ?? null;
  return latest !== null && latest.round === vote.round && latest.type === vote.type ? latest : null;
}

/**
 * Adds a vote whose signature holds. Beyond `roundMax` only the slot of the highest round is used, unless `certified`
 * says that two thirds stand behind the round.
 */
export function addVote(
  keeper: VoteKeeper,
  vote: SignedVote,
  roundMax: number,
  certified = false,
): VoteOutcome {
  const standing = standingVote(keeper, vote);
  if (standing !== null && !sameContent(standing, vote)) return { keeper, conflict: standing, added: false };
  const opens = vote.round <= roundMax || certified;
  const inSet = (keeper.rounds.get(vote.round)?.[vote.type][vote.validator] ?? null) !== null;
  if (inSet || (standing !== null && !opens)) return { keeper, conflict: null, added: false };
  const before = keeper.latest[vote.validator] ?? null;
  const raises = before === null || before.round < vote.round;
  if (!opens && !raises) return { keeper, conflict: null, added: false };
  const latest = raises ? replaced(keeper.latest, vote) : keeper.latest;
  const rounds = opens ? withVote(keeper, vote) : keeper.rounds;
  return { keeper: { rounds, latest }, conflict: null, added: true };
}

/** Moves votes out of the slots whose round has come within `roundMax`. */
export function openRounds(keeper: VoteKeeper, roundMax: number): VoteKeeper {
  return keeper.latest.reduce<VoteKeeper>(
    (opened, vote) => (vote === null ? opened : addVote(opened, vote, roundMax).keeper),
    keeper,
  );
}

/** Forgets rounds far below the current one. */
export function pruneVotes(keeper: VoteKeeper, round: number): VoteKeeper {
  const lowest = round - PAST_ROUNDS_KEPT;
  if (![...keeper.rounds.keys()].some((key) => key < lowest)) return keeper;
  return { ...keeper, rounds: new Map([...keeper.rounds].filter(([key]) => key >= lowest)) };
}

/** Whether more than two thirds have voted, for whatever. */
export function hasQuorumOfAny(validators: ValidatorSet, row: VoteRow): boolean {
  return hasQuorum(
    powerOf(validators, row, () => true),
    totalPower(validators),
  );
}

/** One vote of the content that more than two thirds agree on, or null. Prevotes agree in pol_round too. */
export function quorumVote(validators: ValidatorSet, row: VoteRow): SignedVote | null {
  let candidate: SignedVote | null = null;
  let lead = 0;
  // A content with more than half of the power survives this pass, whichever it is.
  for (const [index, vote] of row.entries()) {
    if (vote === null) continue;
    const power = validators[index]?.power ?? 0;
    if (candidate !== null && sameContent(candidate, vote)) lead += power;
    else if (power > lead) {
      candidate = vote;
      lead = power - lead;
    } else lead -= power;
  }
  if (candidate === null) return null;
  const content = candidate;
  const power = powerOf(validators, row, (vote) => sameContent(vote, content));
  return hasQuorum(power, totalPower(validators)) ? content : null;
}

/** The votes of a row with the same content as `sample`. */
export function votesLike(row: VoteRow, sample: SignedVote): SignedVote[] {
  return row.filter((vote): vote is SignedVote => vote !== null && sameContent(vote, sample));
}

/**
 * The highest round above `round` that more than a third have reached: at least one of them is honest. Each
 * validator counts once, with whatever vote of its highest round.
 */
export function skipRound(validators: ValidatorSet, keeper: VoteKeeper, round: number): number | null {
  const ahead = keeper.latest.filter((vote): vote is SignedVote => vote !== null && vote.round > round);
  if (ahead.length === 0) return null;
  ahead.sort((left, right) => right.round - left.round);
  const total = totalPower(validators);
  let power = 0;
  for (const vote of ahead) {
    power += validators[vote.validator]?.power ?? 0;
    if (hasThird(power, total)) return vote.round;
  }
  return null;
}

/** Same block and, for prevotes, same pol_round: the signed bytes are the same. */
export function sameContent(
  left: { blockHash: HashHex | null; polRound: number | null },
  right: { blockHash: HashHex | null; polRound: number | null },
): boolean {
  return left.blockHash === right.blockHash && left.polRound === right.polRound;
}

/** Power of the validators whose vote passes. */
export function powerOf(
  validators: ValidatorSet,
  row: VoteRow,
  passes: (vote: SignedVote) => boolean,
): number {
  let power = 0;
  for (const [index, vote] of row.entries()) {
    if (vote !== null && passes(vote)) power += validators[index]?.power ?? 0;
  }
  return power;
}

function withVote(keeper: VoteKeeper, vote: SignedVote): ReadonlyMap<number, RoundVotes> {
  const empty = emptyRow(keeper.latest.length);
  const votes = keeper.rounds.get(vote.round) ?? { prevote: empty, precommit: empty };
  const changed = { ...votes, [vote.type]: replaced(votes[vote.type], vote) };
  return new Map(keeper.rounds).set(vote.round, changed);
}

function replaced(row: VoteRow, vote: SignedVote): VoteRow {
  const copy = row.slice();
  copy[vote.validator] = vote;
  return copy;
}

function emptyRow(size: number): VoteRow {
  return new Array<SignedVote | null>(size).fill(null);
}
