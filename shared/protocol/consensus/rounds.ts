/** @module Opening a height and its rounds. */
import { ROUND_MAX } from '../primitives/limits.ts';
import { totalPower } from '../validators/validator-set.ts';
import { certificateSigners } from '../votes/certificate.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { hasThird } from '../votes/quorum.ts';
import { certificateOf, votesIn } from './certificates.ts';
import type { SignedVote, VoteType } from './message.ts';
import { isTimely, type KnownProposal, proposerKey, roundsAgree } from './proposal.ts';
import type { LastCommit } from './state.ts';
import { LATE_ASK_MS, proposeTimeoutMs, REBROADCAST_MIN_MS } from './timeouts.ts';
import type { Turn } from './turn.ts';
import { openRounds, PAST_ROUNDS_KEPT, powerOf, pruneVotes } from './vote-keeper.ts';
import { makeProposal, roundMax } from './voting.ts';

/**
 * StartRound of the paper (L11-L21), or of the lowest round above in which this node may sign. The highest round there can
 * be is never left.
 */
export function startRound(turn: Turn, wanted: number): void {
  const { state, context } = turn;
  const round = Math.max(wanted, context.signer?.firstRound(state.height) ?? 0);
  if (round > ROUND_MAX) return;
  const lowest = round - PAST_ROUNDS_KEPT;
  state.round = round;
  state.step = 'propose';
  state.ownProposal = null;
  state.prevoteTimerSet = false;
  state.precommitTimerSet = false;
  state.polkaSeen = false;
  // A timer that already runs at the shortest wait goes on, or short rounds would put it off for ever.
  const mustRepeatSooner = round === 0 || state.rebroadcastMs > REBROADCAST_MIN_MS;
  state.rebroadcastMs = REBROADCAST_MIN_MS;
  state.votes = pruneVotes(openRounds(state.votes, roundMax(turn)), round);
  state.proposals = new Map([...state.proposals].filter(([known]) => known >= round));
  const validRound = state.valid?.round ?? null;
  state.polkas = new Map([...state.polkas].filter(([known]) => known >= lowest || known === validRound));
  turn.persist();
  const proposer = proposerKey(state, round);
  turn.event({ name: 'new_round', height: state.height, round, proposer });
  armPropose(turn);
  if (mustRepeatSooner) turn.schedule('rebroadcast', state.isLate ? LATE_ASK_MS : state.rebroadcastMs);
  if (isOwnTurn(turn)) propose(turn);
  else if (state.hasWork && proposer !== context.signer?.consensusKey)
    turn.emit({ type: 'send_transactions', peer: proposer });
}

/** A proposer may have nothing to propose, so it waits like everyone else. */
export function armPropose(turn: Turn): void {
  const { state } = turn;
  if (state.step === 'propose') turn.schedule('propose', proposeTimeoutMs(state.params, state.round));
}

/** Whether this node proposes in the current round. */
export function isOwnTurn(turn: Turn): boolean {
  const { state, context } = turn;
  const { signer } = context;
  if (signer === null || state.self === null || signer.firstRound(state.height) === null) return false;
  return proposerKey(state, state.round) === signer.consensusKey;
}

/**
 * A node that followed in silence may sign now. It goes back to the first step of the round that it passed without a word:
 * others may wait for nobody else.
 */
export function takeUpRound(turn: Turn): void {
  const { state, context } = turn;
  const { step, round, ownVotes } = state;
  if (step === 'idle' || step === 'decided') return;
  if ((context.signer?.firstRound(state.height) ?? 0) > round) {
    startRound(turn, round);
    return;
  }
  const hasCast = (type: VoteType) => ownVotes.some((vote) => vote.round === round && vote.type === type);
  if (hasCast('precommit')) return;
  const first = hasCast('prevote') ? 'prevote' : 'propose';
  if (step !== first) {
    state.step = first;
    state.prevoteTimerSet = false;
    state.precommitTimerSet = false;
    state.polkaSeen = false;
    turn.persist();
    armPropose(turn);
  }
  if (first === 'propose' && isOwnTurn(turn)) propose(turn);
}

/** Repeats the valid block with its polka, or asks for a new block once the own clock allows its time. */
export function propose(turn: Turn): void {
  const { state } = turn;
  if (state.ownProposal !== null) return;
  if (state.valid !== null) {
    const polka = state.polkas.get(state.valid.round);
    if (polka !== undefined) turn.broadcast({ kind: 'polka', certificate: polka });
    makeProposal(turn, state.valid.hash, state.valid.round);
    return;
  }
  const timeMs = Math.max(turn.nowMs, state.parent.timeMs + state.params.blockTimeMs);
  const waitMs = timeMs - state.params.precisionMs - turn.nowMs;
  if (waitMs > 0) {
    turn.event({ name: 'clock_behind', height: state.height, waitMs });
    turn.schedule('build', waitMs);
    return;
  }
  const { height, round } = state;
  turn.emit({ type: 'build_block', height, round, timeMs, lastCommit: completeCommit(state.lastCommit) });
}

/**
 * Leaves `idle` when others have work: more than a third of the power has voted, or a block is proposed that this node
 * would vote for. Less than that could be made by byzantine validators alone and would keep an idle chain awake. A node
 * outside the set has no part in rounds: it decides by certificates alone, from idle.
 */
export function openIfCalled(turn: Turn): void {
  const { state } = turn;
  if (state.step !== 'idle' || state.self === null) return;
  const isCertified = state.commit !== null || state.polkas.size > 0;
  const power = powerOf(state.validators, state.votes.latest, () => true);
  const isCalled = isCertified || hasThird(power, totalPower(state.validators));
  if (isCalled || [...state.proposals.values()].some((known) => isWelcome(turn, known))) startRound(turn, 0);
}

function isWelcome({ state }: Turn, known: KnownProposal): boolean {
  const block = state.blocks.get(known.proposal.blockHash);
  if (block === undefined || !block.valid || !roundsAgree(known.proposal, block)) return false;
  return known.proposal.polRound !== null || isTimely(state.params, known, block);
}

/** Work asks for a block: the height opens once the block time has passed. Outside the set others open it. */
export function openForWork(turn: Turn): void {
  const { state } = turn;
  if (state.self === null) return;
  state.hasWork = true;
  if (state.step === 'propose' && isOwnTurn(turn)) propose(turn);
  if (state.step !== 'idle') return;
  const delayMs = state.parent.timeMs + state.params.blockTimeMs - turn.nowMs;
  if (delayMs > 0) turn.schedule('start', delayMs);
  else startRound(turn, 0);
}

/** The certificate of the parent with every precommit that came for it. */
function completeCommit(lastCommit: LastCommit | null): CommitCertificate | null {
  if (lastCommit === null) return null;
  const { certificate, validators, late } = lastCommit;
  if (validators === null || late.length === 0) return certificate;
  const votes = new Map<number, SignedVote>();
  for (const vote of [...votesIn(certificate, 'precommit', null, validators), ...late]) {
    votes.set(vote.validator, vote);
  }
  return certificateOf(validators, [...votes.values()]);
}

/** Takes a precommit for the parent that came after its decision. */
export function addLatePrecommit(lastCommit: LastCommit, vote: SignedVote): LastCommit {
  const { validators, certificate, late } = lastCommit;
  if (validators === null || late.some(({ validator }) => validator === vote.validator)) return lastCommit;
  const signer = validators[vote.validator];
  if (signer === undefined || certificateSigners(validators, certificate).includes(signer)) return lastCommit;
  return { ...lastCommit, late: [...late, vote] };
}
