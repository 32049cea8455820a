/** @module Entering a height, fresh or after the loss of memory. */
import { assert } from '../primitives/assert.ts';
import type { ConsensusKey } from '../primitives/brand.ts';
import type { NewHeight } from './input.ts';
import type { PersistentState } from './persistent-state.ts';
import type { BlockVerdict } from './proposal.ts';
import { armPropose, isOwnTurn, propose } from './rounds.ts';
import { needBlock } from './rules.ts';
import type { ConsensusState, LastCommit } from './state.ts';
import { REBROADCAST_MIN_MS } from './timeouts.ts';
import type { ConsensusContext, Turn } from './turn.ts';
import { addVote, emptyVotes } from './vote-keeper.ts';

/** The idle state of a height; `before` is the state that decided the height below, where there is one. */
export function freshState(
  context: ConsensusContext,
  input: NewHeight,
  before: ConsensusState | null,
): ConsensusState {
  const { height, validators, params, parent } = input;
  const own = validators.findIndex(({ consensusKey }) => consensusKey === context.signer?.consensusKey);
  return {
    height,
    round: 0,
    step: 'idle',
    validators,
    self: own < 0 ? null : own,
    params,
    parent,
    lastCommit: lastCommitOf(input, before),
    locked: null,
    valid: null,
    ownVotes: [],
    ownProposal: null,
    proposals: new Map(),
    blocks: new Map(),
    votes: emptyVotes(validators.length),
    polkas: new Map(),
    commit: null,
    hasWork: false,
    prevoteTimerSet: false,
    precommitTimerSet: false,
    polkaSeen: false,
    requested: [],
    rebroadcastMs: REBROADCAST_MIN_MS,
    isLate: before !== null && !hasPrecommitted(before, input),
    tips: carried(input, before, (state) => state.tips, 0),
    heardMs: carried(input, before, (state) => state.heardMs, 0),
    early: [],
    reported: [],
  };
}

function lastCommitOf({ height, lastCommit }: NewHeight, before: ConsensusState | null): LastCommit | null {
  const decided = before?.lastCommit ?? null;
  if (decided !== null && decided.certificate.height === height - 1) return decided;
  return lastCommit === null ? null : { certificate: lastCommit, validators: null, late: [] };
}

/** Whether this node had its part in the decision below. Who was told of it only is behind the others. */
function hasPrecommitted({ ownVotes }: ConsensusState, { height, parent }: NewHeight): boolean {
  return ownVotes.some(
    (vote) => vote.type === 'precommit' && vote.height === height - 1 && vote.blockHash === parent.hash,
  );
}

/** Facts about validators follow their keys into the new set. */
function carried(
  { validators }: NewHeight,
  before: ConsensusState | null,
  of: (state: ConsensusState) => readonly number[],
  missing: number,
): number[] {
  const known = new Map<ConsensusKey, number>();
  if (before !== null) {
    for (const [index, { consensusKey }] of before.validators.entries())
      known.set(consensusKey, of(before)[index] ?? missing);
  }
  return validators.map(({ consensusKey }) => known.get(consensusKey) ?? missing);
}

/**
 * Takes up a height where the record left it: locks and own messages stand, what was said is said again, and timers
 * start at full length. No step whose message was signed is run again.
 */
export function resume(turn: Turn, record: PersistentState, blocks: readonly BlockVerdict[]): void {
  const { state } = turn;
  assert(record.height === state.height, 'the record is of this height');
  const { round, locked, valid, polka, proposal, votes } = record;
  // Both come from one transaction with the decision, so a record of an open height is never decided.
  const step = record.step === 'decided' ? 'precommit' : record.step;
  Object.assign(state, { round, step, locked, valid, ownVotes: votes, ownProposal: proposal });
  state.blocks = new Map(blocks.map((block) => [block.hash, block]));
  if (polka !== null) state.polkas = new Map([[polka.round, polka]]);
  if (proposal !== null) state.proposals = new Map([[round, { proposal, receivedMs: turn.nowMs }]]);
  for (const vote of votes) state.votes = addVote(state.votes, vote, round).keeper;
  for (const hash of record.blocks) needBlock(turn, hash);
  if (step === 'idle') return;
  if (proposal !== null) turn.broadcast({ kind: 'proposal', proposal });
  if (votes.length > 0) turn.broadcast({ kind: 'votes', votes });
  armPropose(turn);
  turn.schedule('rebroadcast', state.rebroadcastMs);
  if (step === 'propose' && isOwnTurn(turn)) propose(turn);
}
