/**
 * @module The consensus machine: pure, synchronous, without clock or randomness. The same state, input and time give the
 * same next state and the same effects. Source: docs/spec/consensus.md.
 */
import { assertNever } from '../primitives/assert.ts';
import type { ConsensusEffect } from './effect.ts';
import { freshState, resume } from './heights.ts';
import type { ConsensusInput, NewHeight } from './input.ts';
import { greet, rebroadcast } from './peer-state.ts';
import type { PersistentState } from './persistent-state.ts';
import type { BlockVerdict } from './proposal.ts';
import { receive, receiveCommit } from './receive.ts';
import { isOwnTurn, openForWork, openIfCalled, propose, startRound, takeUpRound } from './rounds.ts';
import { applyRules } from './rules.ts';
import type { ConsensusState } from './state.ts';
import type { Timer } from './timeouts.ts';
import { type ConsensusContext, type Rule, Turn } from './turn.ts';
import { castVote, makeProposal } from './voting.ts';

export interface StepResult {
  readonly state: ConsensusState;
  readonly effects: readonly ConsensusEffect[];
  /** The rules that fired, in order. */
  readonly fired: readonly Rule[];
}

/** After the loss of memory: the height to decide, the last record written, and verdicts on the blocks it names. */
export interface Recovery {
  readonly height: NewHeight;
  readonly record: PersistentState | null;
  readonly blocks: readonly BlockVerdict[];
}

/** The first state of a run. A record of another height is out of date, one of a validator that left has no use. */
export function start(context: ConsensusContext, recovery: Recovery, nowMs: number): StepResult {
  const turn = new Turn(context, freshState(context, recovery.height, null), nowMs);
  const { record } = recovery;
  if (turn.state.self === null) return finish(turn);
  if (record !== null && record.height === recovery.height.height) resume(turn, record, recovery.blocks);
  if (turn.state.step === 'idle') turn.schedule('rebroadcast', turn.state.rebroadcastMs);
  return finish(turn);
}

/** What an input makes of a state. `nowMs` is the local time in milliseconds since 1970, read once per event. */
export function step(
  context: ConsensusContext,
  state: ConsensusState,
  input: ConsensusInput,
  nowMs: number,
): StepResult {
  const turn = new Turn(context, state, nowMs);
  take(turn, input);
  return finish(turn);
}

function finish(turn: Turn): StepResult {
  openIfCalled(turn);
  applyRules(turn);
  return { state: turn.state, effects: turn.finish(), fired: turn.fired };
}

function take(turn: Turn, input: ConsensusInput): void {
  switch (input.type) {
    case 'new_height':
      enterHeight(turn, input);
      return;
    case 'message':
      receive(turn, input.peer, input.message);
      return;
    case 'built':
      proposeBuilt(turn, input.height, input.round, input.block);
      return;
    case 'block_ready':
      keepVerdict(turn, input.block);
      return;
    case 'timeout':
      onTimeout(turn, input.timer);
      return;
    case 'work_available':
      openForWork(turn);
      return;
    case 'decided':
      if (input.certificate.height !== turn.state.height) return;
      keepVerdict(turn, input.block);
      receiveCommit(turn, null, input.certificate);
      return;
    case 'signer_ready':
      takeUpRound(turn);
      return;
    case 'peer_connected':
      greet(turn, input.peer);
      return;
    default:
      assertNever(input);
  }
}

/** Heights only grow; messages that came early are taken up. */
function enterHeight(turn: Turn, input: NewHeight): void {
  const { state } = turn;
  if (input.height <= state.height) return;
  const { early } = state;
  Object.assign(state, freshState(turn.context, input, { ...state }));
  if (state.self !== null) turn.schedule('rebroadcast', state.rebroadcastMs);
  for (const { peer, message } of early) receive(turn, peer, message);
}

/** The own block of a round that is still open. */
function proposeBuilt(turn: Turn, height: number, round: number, block: BlockVerdict | null): void {
  const { state } = turn;
  if (block === null || height !== state.height || round !== state.round) return;
  if (state.step !== 'propose' || state.ownProposal !== null || !isOwnTurn(turn)) return;
  keepVerdict(turn, block);
  makeProposal(turn, block.hash, null);
}

/** A verdict is given once. */
function keepVerdict(turn: Turn, block: BlockVerdict): void {
  const { state } = turn;
  if (state.step === 'decided' || state.blocks.has(block.hash)) return;
  state.blocks = new Map(state.blocks).set(block.hash, block);
}

/**
 * L57, L61, L65 and the timers that are not of the paper. A timer of another height or round is void, but for
 * repetitions, which go on from round to round.
 */
function onTimeout(turn: Turn, timer: Timer): void {
  const { state } = turn;
  if (timer.height !== state.height || state.step === 'decided') return;
  if (timer.round !== state.round && timer.kind !== 'rebroadcast') return;
  switch (timer.kind) {
    case 'propose':
      if (state.step !== 'propose') return;
      report(turn, timer, 'L57');
      castVote(turn, 'prevote', null, null);
      return;
    case 'prevote':
      if (state.step !== 'prevote') return;
      report(turn, timer, 'L61');
      castVote(turn, 'precommit', null, null);
      return;
    case 'precommit':
      if (state.step === 'idle') return;
      report(turn, timer, 'L65');
      startRound(turn, state.round + 1);
      return;
    case 'start':
      if (state.step === 'idle') startRound(turn, 0);
      return;
    case 'build':
      if (state.step === 'propose' && isOwnTurn(turn)) propose(turn);
      return;
    case 'rebroadcast':
      rebroadcast(turn);
      return;
    default:
      assertNever(timer.kind);
  }
}

function report(turn: Turn, timer: Timer, rule: Rule): void {
  turn.fired.push(rule);
  turn.event({ name: 'timeout', timer });
}
