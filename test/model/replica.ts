/** @module The real machine in the place of a node of the model, and what it knows in the words of the model. */
import { nativeVerifier } from '../../shared/native/verifier.ts';
import { DEFAULT_PARAMS } from '../../shared/protocol/block/params.ts';
import { hasBit } from '../../shared/protocol/consensus/bitmap.ts';
import type { ConsensusEffect } from '../../shared/protocol/consensus/effect.ts';
import type { ConsensusInput } from '../../shared/protocol/consensus/input.ts';
import type { SignedVote, VoteType } from '../../shared/protocol/consensus/message.ts';
import {
  decodePersistentState,
  encodePersistentState,
  type RoundBlock,
} from '../../shared/protocol/consensus/persistent-state.ts';
import { signOnce } from '../../shared/protocol/consensus/signer.ts';
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import { type StepResult, start, step } from '../../shared/protocol/consensus/step.ts';
import type { ConsensusContext, Rule } from '../../shared/protocol/consensus/turn.ts';
import type { HashHex } from '../../shared/protocol/primitives/brand.ts';
import type { CommitCertificate } from '../../shared/protocol/votes/commit-certificate.ts';
import { MemoryRows } from '../shared/protocol/consensus/machine.ts';
import { type Committee, GENESIS_HASH, NOW_MS } from './committee.ts';
import { type Plain, sorted } from './itf.ts';

/** Timers that the model has; the others only repeat or wait for a clock. */
const TIMERS: readonly string[] = ['propose', 'prevote', 'precommit'];
const NONE = -1;

/** What a walk must lead to, or its replay would prove little. */
export const SITUATIONS = [
  'a node locks',
  'a node follows others into a higher round',
  'a node precommits no block',
  'a node proposes after round 0',
  'a lock moves to another block',
  'a lock keeps a node from a new block',
  'a lock keeps a node from a repeated block',
  'a repeated block is accepted',
  'a block is decided after round 0',
  'a validator is found out',
] as const;
export type Situation = (typeof SITUATIONS)[number];

export class Replica {
  readonly #committee: Committee;
  readonly #context: ConsensusContext;
  /** How often each rule fired, and each situation came about that a walk is made for. */
  readonly seen = new Map<Rule | Situation, number>();
  #state: ConsensusState;
  /** Bytes of the record, as storage has them. */
  #record: Uint8Array | null = null;
  #timers = new Map<string, number>();
  #isBuilding = false;
  #decision: HashHex | null = null;

  constructor(committee: Committee, index: number) {
    this.#committee = committee;
    const signer = committee.signers[index];
    const validator = committee.validators[index];
    if (signer === undefined || validator === undefined) throw new Error(`no validator ${index}`);
    const rows = new MemoryRows();
    this.#context = {
      genesisHash: GENESIS_HASH,
      verifier: nativeVerifier,
      signer: {
        consensusKey: validator.consensusKey,
        sign: (position, message) => {
          const signature = signOnce(rows, signer, position, message);
          if (signature === null) throw new Error(`validator ${index} would sign twice`);
          return signature;
        },
        firstRound: () => 0,
      },
    };
    this.#state = this.#boot();
  }

  /** The block that is final here. */
  get decision(): HashHex | null {
    return this.#decision;
  }

  take(input: ConsensusInput, nowMs = NOW_MS): void {
    if (input.type === 'timeout') this.#timers.delete(input.timer.kind);
    if (input.type === 'built') this.#isBuilding = false;
    this.#keep(step(this.#context, this.#state, input, nowMs));
  }

  /** Loses everything but the record and the sign log. */
  restart(): void {
    this.#timers.clear();
    this.#isBuilding = false;
    this.#boot();
  }

  /** The state as the model writes a node. */
  observe(): Plain {
    const { proposals, blocks, polkas, commit, reported, ownVotes, ...state } = this.#state;
    const { round, step, polkaSeen, prevoteTimerSet, precommitTimerSet } = state;
    const block = (hash: HashHex | null) => this.#committee.blockOf(hash);
    const known = [...proposals].map(([at, { proposal, receivedMs }]) => {
      const { blockHash, polRound } = proposal;
      return [at, { block: block(blockHash), pol: polRound ?? NONE, timely: receivedMs === NOW_MS }] as const;
    });
    return {
      round,
      step,
      locked: this.#roundBlock(state.locked),
      valid: this.#roundBlock(state.valid),
      decision: block(this.#decision),
      ownPrevotes: this.#own(ownVotes, 'prevote'),
      ownPrecommits: this.#own(ownVotes, 'precommit'),
      hasProposed: state.ownProposal !== null,
      proposals: Object.fromEntries(known),
      prevotes: this.#rows('prevote'),
      precommits: this.#rows('precommit'),
      polkas: Object.fromEntries(
        [...polkas].map(([at, polka]) => [at, this.#certificate(polka, polka.polRound)]),
      ),
      commit: commit === null ? [] : [this.#certificate(commit, null)],
      judged: sorted([...blocks.keys()].map(block)),
      accused: sorted(
        reported.map((id) => {
          const [what = '', at, src] = id.split('/');
          return { round: Number(at), src: Number(src), step: what };
        }),
      ),
      polkaSeen,
      prevoteTimerSet,
      precommitTimerSet,
      isBuilding: this.#isBuilding,
      timers: Object.fromEntries(this.#timers),
      isSettled: true,
    };
  }

  #roundBlock(of: RoundBlock | null): Plain {
    return of === null
      ? { round: NONE, block: NONE }
      : { round: of.round, block: this.#committee.blockOf(of.hash) };
  }

  #content({ blockHash, polRound }: SignedVote): Plain {
    return { block: this.#committee.blockOf(blockHash), pol: polRound ?? NONE };
  }

  #own(votes: readonly SignedVote[], type: VoteType): Plain {
    const own = votes.filter((vote) => vote.type === type);
    return Object.fromEntries(own.map((vote) => [vote.round, this.#content(vote)]));
  }

  /** By round and validator; rounds without votes are there, too. */
  #rows(type: VoteType): Plain {
    const rows = this.#committee.proposers.map((_, round) => {
      const row = this.#state.votes.rounds.get(round)?.[type] ?? [];
      const votes = row.filter((vote) => vote !== null);
      return [round, Object.fromEntries(votes.map((vote) => [vote.validator, this.#content(vote)]))] as const;
    });
    return Object.fromEntries(rows);
  }

  #certificate({ round, blockHash, bitmap }: CommitCertificate, polRound: number | null): Plain {
    const signers = [...this.#committee.signers.keys()].filter((index) => hasBit(bitmap, index));
    return { round, block: this.#committee.blockOf(blockHash), pol: polRound ?? NONE, signers };
  }

  #boot(): ConsensusState {
    const { validators } = this.#committee;
    const params = { ...DEFAULT_PARAMS, blockTimeMs: 1_000 };
    const parent = { hash: GENESIS_HASH, timeMs: NOW_MS - 5_000 };
    const height = { height: 1, validators, params, parent, lastCommit: null };
    const record = this.#record === null ? null : decodePersistentState(this.#record);
    return this.#keep(start(this.#context, { height, record, blocks: [] }, NOW_MS));
  }

  #keep(result: StepResult): ConsensusState {
    const before: ConsensusState | undefined = this.#state;
    this.#state = result.state;
    for (const seen of [...result.fired, ...situationsIn(before, result)])
      this.seen.set(seen, (this.seen.get(seen) ?? 0) + 1);
    for (const effect of result.effects) this.#carryOut(effect);
    return result.state;
  }

  #carryOut(effect: ConsensusEffect): void {
    if (effect.type === 'persist') this.#record = encodePersistentState(effect.record);
    else if (effect.type === 'decide') this.#decision = effect.hash;
    else if (effect.type === 'build_block') this.#isBuilding = true;
    else if (effect.type === 'event' && ['new_round', 'proposal'].includes(effect.event.name))
      this.#isBuilding =
        this.#isBuilding && effect.event.name === 'proposal' && this.#state.ownProposal === null;
    else if (effect.type === 'schedule' && TIMERS.includes(effect.timer.kind))
      this.#timers.set(effect.timer.kind, effect.timer.round);
  }
}

function situationsIn(
  before: ConsensusState | undefined,
  { state, effects, fired }: StepResult,
): Situation[] {
  const found: Situation[] = [];
  const { locked, round } = state;
  if (before?.locked === null && locked !== null) found.push('a node locks');
  if (fired.includes('L55')) found.push('a node follows others into a higher round');
  const last = state.ownVotes.at(-1);
  if (last?.type === 'precommit' && last.blockHash === null && last !== before?.ownVotes.at(-1))
    found.push('a node precommits no block');
  if (round > 0 && state.ownProposal !== null && state.ownProposal !== before?.ownProposal)
    found.push('a node proposes after round 0');
  if (before?.locked != null && locked !== null && before.locked.hash !== locked.hash)
    found.push('a lock moves to another block');
  const own = state.ownVotes.findLast((vote) => vote.type === 'prevote' && vote.round === round);
  // A node that refuses for its lock shows the polka of the lock.
  const isShown = effects.some((effect) => effect.type === 'broadcast' && effect.message.kind === 'polka');
  if (fired.includes('L22') && isShown && own?.blockHash === null)
    found.push('a lock keeps a node from a new block');
  if (fired.includes('L28') && isShown && own?.blockHash === null)
    found.push('a lock keeps a node from a repeated block');
  if (fired.includes('L28') && own?.polRound != null) found.push('a repeated block is accepted');
  if (round > 0 && effects.some(({ type }) => type === 'decide'))
    found.push('a block is decided after round 0');
  if (effects.some(({ type }) => type === 'evidence')) found.push('a validator is found out');
  return found;
}
