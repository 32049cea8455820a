/** @module Anti-entropy: each side says what it has while a height is open, and is sent what it lacks. */
import type { ConsensusKey } from '../primitives/brand.ts';
import { totalPower } from '../validators/validator-set.ts';
import { hasThird } from '../votes/quorum.ts';
import { bitmapOf, hasBit } from './bitmap.ts';
import type { PeerState, SignedVote } from './message.ts';
import { MESSAGE_VOTES_MAX } from './message-codec.ts';
import type { ConsensusState } from './state.ts';
import { HEARD_WITHIN_MS, nextRebroadcastMs, REBROADCAST_MIN_MS } from './timeouts.ts';
import type { Turn } from './turn.ts';
import { votesOf } from './vote-keeper.ts';

/** What this node has and lacks. */
export function ownPeerState(state: ConsensusState, wantsReply: boolean): PeerState {
  const { height, round, step } = state;
  const polRound = state.proposals.get(round)?.proposal.polRound ?? null;
  return {
    height,
    round,
    step,
    hasProposal: state.proposals.has(round),
    prevotes: bitmapOf(votesOf(state.votes, round, 'prevote')),
    precommits: bitmapOf(votesOf(state.votes, round, 'precommit')),
    validRound: state.valid?.round ?? null,
    wantedPolka: polRound === null || state.polkas.has(polRound) ? null : polRound,
    wantsReply,
  };
}

/** Sends the peer what it lacks, and follows it where it is ahead. */
export function receivePeerState(turn: Turn, peer: ConsensusKey, theirs: PeerState): void {
  const { state } = turn;
  noteTip(turn, peer, theirs.height);
  if (theirs.height > state.height) {
    turn.emit({ type: 'sync', peer, height: state.height });
    return;
  }
  if (theirs.height < state.height) {
    turn.emit({ type: 'send_decided', peer, height: theirs.height });
    return;
  }
  if (state.step !== 'idle' && state.step !== 'decided') sendLacked(turn, peer, theirs);
  // Last: whoever has this answer has everything of the round, messages of an own former life among it.
  if (theirs.wantsReply) turn.send(peer, { kind: 'peer_state', peerState: ownPeerState(state, false) });
}

function sendLacked(turn: Turn, peer: ConsensusKey, theirs: PeerState): void {
  const { state } = turn;
  sendCertificates(turn, peer, theirs);
  const known = state.proposals.get(theirs.round);
  if (known !== undefined && !theirs.hasProposal)
    turn.send(peer, { kind: 'proposal', proposal: known.proposal });
  const votes = lackedVotes(state, theirs);
  if (votes.length > 0) turn.send(peer, { kind: 'votes', votes });
}

function sendCertificates(turn: Turn, peer: ConsensusKey, theirs: PeerState): void {
  const { state } = turn;
  if (state.commit !== null) turn.send(peer, { kind: 'commit', certificate: state.commit });
  const isValidNewer = state.valid !== null && state.valid.round > (theirs.validRound ?? -1);
  const rounds = new Set([isValidNewer ? state.valid?.round : null, theirs.wantedPolka]);
  for (const round of rounds) {
    const certificate = typeof round === 'number' ? state.polkas.get(round) : undefined;
    if (certificate !== undefined) turn.send(peer, { kind: 'polka', certificate });
  }
}

/** Votes of the peer's round that it does not have, and those that show it a higher round. */
function lackedVotes(state: ConsensusState, theirs: PeerState): SignedVote[] {
  const prevotes = votesOf(state.votes, theirs.round, 'prevote');
  const precommits = votesOf(state.votes, theirs.round, 'precommit');
  const lacked = [
    ...prevotes.filter((vote) => vote !== null && !hasBit(theirs.prevotes, vote.validator)),
    ...precommits.filter((vote) => vote !== null && !hasBit(theirs.precommits, vote.validator)),
    ...state.votes.latest.filter((vote) => vote !== null && vote.round > theirs.round),
  ];
  return lacked.filter((vote) => vote !== null).slice(0, MESSAGE_VOTES_MAX);
}

/** Repeats what this node said in an open height; in an idle one, asks those who may not have reached it. */
export function rebroadcast(turn: Turn): void {
  const { state } = turn;
  if (state.step === 'decided') return;
  if (state.step !== 'idle' && state.isLate) {
    askThird(turn);
    turn.schedule('rebroadcast', state.rebroadcastMs);
    return;
  }
  if (state.step === 'idle') {
    if (!askLaggards(turn)) return;
  } else repeatOwn(turn);
  state.rebroadcastMs = nextRebroadcastMs(state.rebroadcastMs, othersAreHeard(turn));
  turn.schedule('rebroadcast', state.rebroadcastMs);
}

function repeatOwn(turn: Turn): void {
  const { state } = turn;
  if (state.ownProposal !== null) turn.broadcast({ kind: 'proposal', proposal: state.ownProposal });
  // The round below, too: others may still wait for its precommits.
  const votes = state.ownVotes.filter(({ round }) => round >= state.round - 1);
  if (votes.length > 0) turn.broadcast({ kind: 'votes', votes });
  const polka = state.valid === null ? undefined : state.polkas.get(state.valid.round);
  if (polka !== undefined) turn.broadcast({ kind: 'polka', certificate: polka });
  turn.broadcast({ kind: 'peer_state', peerState: ownPeerState(state, false) });
  // Who has not voted may not know of the work that opened this height.
  if (state.hasWork) {
    const silent = state.validators.filter(
      (_, index) => index !== state.self && state.votes.latest[index] === null,
    );
    for (const { consensusKey: peer } of silent) turn.emit({ type: 'send_transactions', peer });
  }
  state.requested = state.requested.filter((hash) => !state.blocks.has(hash));
  for (const hash of state.requested) turn.emit({ type: 'request_block', hash });
}

/**
 * What others said while this node was a height below is lost to it, and nobody repeats it soon. It asks more than a
 * third, so that an honest one is among them, and not all: whoever is ahead answers with whole blocks.
 */
function askThird(turn: Turn): void {
  const { state } = turn;
  const { self, validators } = state;
  state.isLate = false;
  const others = [...validators.slice((self ?? 0) + 1), ...validators.slice(0, self ?? 0)];
  const peerState = ownPeerState(state, false);
  let power = 0;
  for (const { consensusKey, power: each } of others) {
    if (hasThird(power, totalPower(validators))) return;
    turn.send(consensusKey, { kind: 'peer_state', peerState });
    power += each;
  }
}

/** False once every other validator is known to have reached this height: an idle chain is silent. */
function askLaggards(turn: Turn): boolean {
  const { state } = turn;
  const laggards = state.validators.filter(
    (_validator, index) => index !== state.self && (state.tips[index] ?? 0) < state.height,
  );
  const peerState = ownPeerState(state, true);
  for (const { consensusKey } of laggards) turn.send(consensusKey, { kind: 'peer_state', peerState });
  return laggards.length > 0;
}

/** A link has opened: both sides learn at once where the other stands, and the waits begin anew. */
export function greet(turn: Turn, peer: ConsensusKey): void {
  const { state } = turn;
  turn.send(peer, { kind: 'peer_state', peerState: ownPeerState(state, true) });
  if (state.step === 'decided' || state.step === 'idle') return;
  state.rebroadcastMs = REBROADCAST_MIN_MS;
  turn.schedule('rebroadcast', state.rebroadcastMs);
}

/** Remembers the highest height that a validator is known to work on. */
export function noteTip(turn: Turn, peer: ConsensusKey, height: number): void {
  const { state } = turn;
  const index = state.validators.findIndex(({ consensusKey }) => consensusKey === peer);
  if (index >= 0 && height > (state.tips[index] ?? 0)) state.tips = state.tips.with(index, height);
}

function othersAreHeard({ state, nowMs }: Turn): boolean {
  const others = state.validators.filter((_validator, index) => index !== state.self);
  const heard = state.validators.filter(
    (_validator, index) =>
      index !== state.self && (state.heardMs[index] ?? Number.NEGATIVE_INFINITY) > nowMs - HEARD_WITHIN_MS,
  );
  return hasThird(totalPower(heard), totalPower(others));
}
