/** @module The filter before the rules: what others say is bounded, checked, and only then remembered. */
import type { ConsensusKey } from '../primitives/brand.ts';
import { consensusKeyToBytes } from '../primitives/consensus-key.ts';
import type { ValidatorSet } from '../validators/validator-set.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { precommitSignBytes, prevoteSignBytes, proposalSignBytes } from '../votes/vote.ts';
import { isCommitValid, isPolkaValid, votesIn } from './certificates.ts';
import { reportConflict } from './evidence.ts';
import type { ConsensusMessage, PolkaCertificate, SignedProposal, SignedVote } from './message.ts';
import { receivePeerState } from './peer-state.ts';
import { proposerKey } from './proposal.ts';
import { addLatePrecommit } from './rounds.ts';
import type { Turn } from './turn.ts';
import { addVote, FUTURE_ROUNDS_MAX, PAST_ROUNDS_KEPT, sameContent, standingVote } from './vote-keeper.ts';
import { roundMax } from './voting.ts';

/** Messages for the next height kept per peer: a proposal, a certificate and the votes of a few rounds. */
export const EARLY_MESSAGES_MAX = 16;

/** Takes a message from a peer. What is false, late or too early leaves no trace but an event. */
export function receive(turn: Turn, peer: ConsensusKey | null, message: ConsensusMessage): void {
  noteHeard(turn, peer);
  switch (message.kind) {
    case 'proposal':
      if (isForThisHeight(turn, peer, message, message.proposal.height))
        receiveProposal(turn, peer, message.proposal);
      return;
    case 'votes':
      for (const vote of message.votes) {
        if (isLatePrecommit(turn, vote)) receiveLatePrecommit(turn, vote);
        else if (isForThisHeight(turn, peer, { kind: 'votes', votes: [vote] }, vote.height))
          receiveVote(turn, peer, vote);
      }
      return;
    case 'polka':
      if (isForThisHeight(turn, peer, message, message.certificate.height))
        receivePolka(turn, peer, message.certificate);
      return;
    case 'commit':
      if (isForThisHeight(turn, peer, message, message.certificate.height))
        receiveCommit(turn, peer, message.certificate);
      return;
    case 'peer_state':
      if (peer !== null) receivePeerState(turn, peer, message.peerState);
  }
}

/** Keeps messages of the next height for later, and learns from higher ones that this node is behind. */
function isForThisHeight(
  turn: Turn,
  peer: ConsensusKey | null,
  message: ConsensusMessage,
  height: number,
): boolean {
  const { state } = turn;
  if (height === state.height) return state.step !== 'decided';
  if (height < state.height) return false;
  if (height === state.height + 1) {
    const kept = state.early.filter((early) => early.peer === peer).length;
    if (kept < EARLY_MESSAGES_MAX) state.early = [...state.early, { peer, message }];
  }
  const isBehind = state.step === 'idle' || height > state.height + 1;
  if (peer !== null && isBehind) turn.emit({ type: 'sync', peer, height: state.height });
  return false;
}

function receiveProposal(turn: Turn, peer: ConsensusKey | null, proposal: SignedProposal): void {
  const { state, context } = turn;
  const { round, polRound, blockHash, signature } = proposal;
  if (round < state.round || round > roundMax(turn)) return;
  if (polRound !== null && polRound >= round) {
    turn.badMessage(peer, 'bad_pol_round');
    return;
  }
  const known = state.proposals.get(round)?.proposal;
  if (known !== undefined && sameContent(known, proposal)) return;
  const key = proposerKey(state, round);
  const message = proposalSignBytes(context.genesisHash, proposal);
  if (!context.verifier.verify(consensusKeyToBytes(key), message, signature)) {
    turn.badMessage(peer, 'bad_signature');
    return;
  }
  if (known !== undefined) {
    const validator = state.validators.findIndex(({ consensusKey }) => consensusKey === key);
    reportConflict(turn, { step: 'proposal', round, validator }, known, proposal);
    return;
  }
  state.proposals = new Map(state.proposals).set(round, { proposal, receivedMs: turn.nowMs });
  turn.event({ name: 'proposal', height: state.height, round, hash: blockHash });
  if (!state.blocks.has(blockHash)) {
    if (!state.requested.includes(blockHash)) state.requested = [...state.requested, blockHash];
    turn.emit({ type: 'validate', hash: blockHash });
  }
}

function receiveVote(turn: Turn, peer: ConsensusKey | null, vote: SignedVote): void {
  const { state } = turn;
  if (!isVoteWellFormed(vote)) {
    turn.badMessage(peer, 'bad_pol_round');
    return;
  }
  if (vote.validator >= state.validators.length) {
    turn.badMessage(peer, 'not_a_validator');
    return;
  }
  if (vote.round < state.round - PAST_ROUNDS_KEPT || isVoteUseless(turn, vote)) return;
  if (!isVoteSigned(turn, state.validators, vote)) {
    turn.badMessage(peer, 'bad_signature');
    return;
  }
  keepVote(turn, vote, false);
}

/** Adds a vote whose signature holds; a second, different one becomes evidence. */
function keepVote(turn: Turn, vote: SignedVote, certified: boolean): void {
  const { state } = turn;
  const { keeper, conflict } = addVote(state.votes, vote, roundMax(turn), certified);
  state.votes = keeper;
  if (conflict === null) return;
  const { type: step, round, validator } = vote;
  reportConflict(turn, { step, round, validator }, conflict, vote);
}

function receivePolka(turn: Turn, peer: ConsensusKey | null, certificate: PolkaCertificate): void {
  const { state, context } = turn;
  const { round, polRound } = certificate;
  if (state.polkas.has(round) || round < state.round - PAST_ROUNDS_KEPT) return;
  if (polRound !== null && polRound >= round) {
    turn.badMessage(peer, 'bad_pol_round');
    return;
  }
  if (!isPolkaValid(certificate, state.validators, context.genesisHash, context.verifier)) {
    turn.badMessage(peer, 'bad_certificate');
    return;
  }
  state.polkas = new Map(state.polkas).set(round, certificate);
  for (const vote of votesIn(certificate, 'prevote', polRound, state.validators)) keepVote(turn, vote, true);
}

/** Remembers a certificate of this height; rule L49 does the rest once the block is here. */
export function receiveCommit(turn: Turn, peer: ConsensusKey | null, certificate: CommitCertificate): void {
  const { state, context } = turn;
  if (state.commit !== null) return;
  const { validators, height } = state;
  if (!isCommitValid(certificate, height, validators, context.genesisHash, context.verifier)) {
    turn.badMessage(peer, 'bad_certificate');
    return;
  }
  state.commit = certificate;
  for (const vote of votesIn(certificate, 'precommit', null, validators)) keepVote(turn, vote, true);
}

function isLatePrecommit({ state }: Turn, vote: SignedVote): boolean {
  const commit = state.lastCommit?.certificate;
  return (
    vote.type === 'precommit' &&
    commit !== undefined &&
    vote.height === commit.height &&
    vote.round === commit.round &&
    vote.blockHash === commit.blockHash
  );
}

function receiveLatePrecommit(turn: Turn, vote: SignedVote): void {
  const { state } = turn;
  if (state.lastCommit === null || state.lastCommit.validators === null) return;
  const added = addLatePrecommit(state.lastCommit, vote);
  if (added === state.lastCommit || vote.polRound !== null) return;
  if (isVoteSigned(turn, state.lastCommit.validators, vote)) state.lastCommit = added;
}

/** Only a prevote for a block has a pol_round, and it lies below its own round. */
function isVoteWellFormed({ type, round, polRound, blockHash }: SignedVote): boolean {
  return polRound === null || (type === 'prevote' && blockHash !== null && polRound < round);
}

/** Known already, or beyond every vote set and not above the slot of its validator. */
function isVoteUseless({ state }: Turn, vote: SignedVote): boolean {
  const standing = standingVote(state.votes, vote);
  if (standing !== null) return sameContent(standing, vote);
  if (vote.round <= state.round + FUTURE_ROUNDS_MAX) return false;
  const latest = state.votes.latest[vote.validator] ?? null;
  return latest !== null && latest.round >= vote.round;
}

function isVoteSigned({ context }: Turn, validators: ValidatorSet, vote: SignedVote): boolean {
  const validator = validators[vote.validator];
  if (validator === undefined) return false;
  const { genesisHash, verifier } = context;
  const message =
    vote.type === 'prevote' ? prevoteSignBytes(genesisHash, vote) : precommitSignBytes(genesisHash, vote);
  return verifier.verify(consensusKeyToBytes(validator.consensusKey), message, vote.signature);
}

function noteHeard(turn: Turn, peer: ConsensusKey | null): void {
  const { state } = turn;
  const index = state.validators.findIndex(({ consensusKey }) => consensusKey === peer);
  if (index < 0) return;
  state.heardMs = state.heardMs.with(index, turn.nowMs);
}
