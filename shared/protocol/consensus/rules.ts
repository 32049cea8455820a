/**
 * @module The rules of Tendermint (arXiv 1807.04938, Algorithm 1), each tagged with its line there, in the one order in
 * which they are tried. After one fires, all are tried again from the first.
 */
import type { HashHex } from '../primitives/brand.ts';
import type { CommitCertificate } from '../votes/commit-certificate.ts';
import { certificateOf, polkaOf } from './certificates.ts';
import type { PolkaCertificate, SignedProposal } from './message.ts';
import { type BlockVerdict, isTimely, roundsAgree } from './proposal.ts';
import { startRound } from './rounds.ts';
import { voteTimeoutMs } from './timeouts.ts';
import type { Rule, Turn } from './turn.ts';
import {
  hasQuorumOfAny,
  PAST_ROUNDS_KEPT,
  quorumVote,
  skipRound,
  votesLike,
  votesOf,
} from './vote-keeper.ts';
import { castVote } from './voting.ts';

const ORDER: readonly (readonly [Rule, (turn: Turn) => boolean])[] = [
  ['L49', decide],
  ['L55', skip],
  ['L36', followPolka],
  ['L36+', followOldPolka],
  ['L44', followNilPolka],
  ['L28', prevoteRepeated],
  ['L22', prevoteNew],
  ['L34', armPrevoteTimer],
  ['L47', armPrecommitTimer],
];

/** Who is outside the set decides what others have precommitted, and follows nobody into a round. */
const OUTSIDE = ORDER.slice(0, 1);

/** Applies the rules until none fires or the height is over. */
export function applyRules(turn: Turn): void {
  const order = turn.state.self === null ? OUTSIDE : ORDER;
  while (turn.state.step !== 'decided') {
    const fired = order.find(([, apply]) => apply(turn));
    if (fired === undefined) return;
    turn.fired.push(fired[0]);
  }
}

/** Asks for a block once; the rebroadcast timer repeats it until there is a verdict. */
export function needBlock(turn: Turn, hash: HashHex): void {
  const { state } = turn;
  if (state.blocks.has(hash) || state.requested.includes(hash)) return;
  state.requested = [...state.requested, hash];
  turn.emit({ type: 'request_block', hash });
}

/** L49: two thirds precommitted a block in some round. */
function decide(turn: Turn): boolean {
  const { state } = turn;
  const certificate = state.commit ?? findCommit(turn);
  if (certificate === null) return false;
  state.commit = certificate;
  const { height, blockHash: hash, round } = certificate;
  const block = state.blocks.get(hash);
  if (block === undefined) {
    needBlock(turn, hash);
    return false;
  }
  state.step = 'decided';
  if (!block.valid) {
    turn.emit({ type: 'halt', height, hash, certificate });
    return true;
  }
  const precommits = votesOf(state.votes, round, 'precommit');
  const late = precommits.filter((vote) => vote !== null && vote.blockHash === hash);
  state.lastCommit = {
    certificate,
    validators: state.validators,
    late: late.filter((vote) => vote !== null),
  };
  turn.event({ name: 'commit', height, round, hash });
  turn.emit({ type: 'decide', height, hash, certificate });
  return true;
}

function findCommit({ state }: Turn): CommitCertificate | null {
  for (const round of [...state.votes.rounds.keys()].sort((left, right) => left - right)) {
    const row = votesOf(state.votes, round, 'precommit');
    const sample = quorumVote(state.validators, row);
    if (sample !== null && sample.blockHash !== null)
      return certificateOf(state.validators, votesLike(row, sample));
  }
  return null;
}

/** L55: more than a third are in a higher round. */
function skip(turn: Turn): boolean {
  const { state } = turn;
  const round = skipRound(state.validators, state.votes, state.round);
  if (round === null) return false;
  startRound(turn, round);
  return true;
}

/** L36: two thirds prevoted the proposal of this round; lock on it if the prevote step is not over. */
function followPolka(turn: Turn): boolean {
  const { state } = turn;
  const { round, step } = state;
  if (state.polkaSeen || (step !== 'prevote' && step !== 'precommit')) return false;
  const polka = polkaAt(turn, round);
  if (polka === null) return false;
  const { blockHash: hash } = polka;
  needBlock(turn, hash);
  const proposed = goodProposal(turn, hash);
  if (!proposed) return false;
  state.polkaSeen = true;
  state.valid = { round, hash };
  turn.persist();
  turn.event({ name: 'quorum', vote: 'prevote', height: state.height, round, hash });
  if (step === 'prevote') {
    state.locked = { round, hash };
    castVote(turn, 'precommit', hash, null);
  }
  return true;
}

/**
 * L36, second half, for a past round: a polka that came late still makes its block the one to propose. Locks stay as
 * they are, and whoever is asked to prevote it checks the polka by L28.
 */
function followOldPolka(turn: Turn): boolean {
  const { state } = turn;
  const lowest = Math.max((state.valid?.round ?? -1) + 1, state.round - PAST_ROUNDS_KEPT);
  for (let round = state.round - 1; round >= lowest; round--) {
    const polka = polkaAt(turn, round);
    if (polka === null) continue;
    needBlock(turn, polka.blockHash);
    if (state.blocks.get(polka.blockHash)?.valid !== true) continue;
    state.valid = { round, hash: polka.blockHash };
    turn.persist();
    return true;
  }
  return false;
}

/** L44: two thirds prevoted no block. Locks are kept. */
function followNilPolka(turn: Turn): boolean {
  const { state } = turn;
  if (state.step !== 'prevote') return false;
  const sample = quorumVote(state.validators, votesOf(state.votes, state.round, 'prevote'));
  if (sample === null || sample.blockHash !== null) return false;
  turn.event({ name: 'quorum', vote: 'prevote', height: state.height, round: state.round, hash: null });
  castVote(turn, 'precommit', null, null);
  return true;
}

/** L28: a block with a polka of an earlier round is proposed again. Without that polka the timer runs on. */
function prevoteRepeated(turn: Turn): boolean {
  const candidate = votableProposal(turn);
  if (candidate === null) return false;
  const { proposal, block } = candidate;
  const { polRound, blockHash } = proposal;
  if (polRound === null || polkaAt(turn, polRound)?.blockHash !== blockHash) return false;
  const { locked } = turn.state;
  const isFree = locked === null || locked.round <= polRound || locked.hash === blockHash;
  if (!isFree) showLock(turn);
  const accepted = block.valid && roundsAgree(proposal, block) && isFree;
  castVote(turn, 'prevote', accepted ? blockHash : null, accepted ? polRound : null);
  return true;
}

/** L22: a new block is proposed. */
function prevoteNew(turn: Turn): boolean {
  const candidate = votableProposal(turn);
  if (candidate === null || candidate.proposal.polRound !== null) return false;
  const { proposal, block } = candidate;
  const { locked, params, proposals } = turn.state;
  const known = proposals.get(proposal.round);
  const isFree = locked === null || locked.hash === proposal.blockHash;
  if (!isFree) showLock(turn);
  const fits = roundsAgree(proposal, block) && known !== undefined && isTimely(params, known, block);
  castVote(turn, 'prevote', block.valid && fits && isFree ? proposal.blockHash : null, null);
  return true;
}

/** Shows everyone the polka that keeps this node from a proposal, so that the next proposer can repeat its block. */
function showLock(turn: Turn): void {
  const { valid, polkas } = turn.state;
  const certificate = valid === null ? undefined : polkas.get(valid.round);
  if (certificate !== undefined) turn.broadcast({ kind: 'polka', certificate });
}

/** L34: two thirds prevoted, though not the same. */
function armPrevoteTimer(turn: Turn): boolean {
  const { state } = turn;
  if (state.step !== 'prevote' || state.prevoteTimerSet) return false;
  if (!hasQuorumOfAny(state.validators, votesOf(state.votes, state.round, 'prevote'))) return false;
  state.prevoteTimerSet = true;
  turn.schedule('prevote', voteTimeoutMs(state.params, state.round));
  return true;
}

/** L47: two thirds precommitted, though not the same. */
function armPrecommitTimer(turn: Turn): boolean {
  const { state } = turn;
  if (state.precommitTimerSet) return false;
  if (!hasQuorumOfAny(state.validators, votesOf(state.votes, state.round, 'precommit'))) return false;
  state.precommitTimerSet = true;
  turn.schedule('precommit', voteTimeoutMs(state.params, state.round));
  return true;
}

/** The polka of a round, from a certificate or from the votes at hand; remembered once it is there. */
export function polkaAt(turn: Turn, round: number): PolkaCertificate | null {
  const { state } = turn;
  const known = state.polkas.get(round);
  if (known !== undefined) return known;
  const row = state.votes.rounds.get(round)?.prevote;
  if (row === undefined) return null;
  const sample = quorumVote(state.validators, row);
  if (sample === null || sample.blockHash === null) return null;
  const polka = polkaOf(state.validators, votesLike(row, sample));
  state.polkas = new Map(state.polkas).set(round, polka);
  return polka;
}

/** The proposal of this round and its verdict, while this node has not prevoted. */
function votableProposal({ state }: Turn): { proposal: SignedProposal; block: BlockVerdict } | null {
  if (state.step !== 'propose') return null;
  const known = state.proposals.get(state.round);
  if (known === undefined) return null;
  const block = state.blocks.get(known.proposal.blockHash);
  return block === undefined ? null : { proposal: known.proposal, block };
}

/** Whether this round proposes `hash` and the block holds. */
function goodProposal({ state }: Turn, hash: HashHex): boolean {
  const known = state.proposals.get(state.round);
  const block = state.blocks.get(hash);
  if (known === undefined || block === undefined || known.proposal.blockHash !== hash) return false;
  return block.valid && roundsAgree(known.proposal, block);
}
