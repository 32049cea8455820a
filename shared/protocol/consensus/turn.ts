/** @module One step while it runs: the draft of the next state and the effects so far. */
import type { Verifier } from '../crypto/verifier.ts';
import { assert } from '../primitives/assert.ts';
import type { ConsensusKey, HashHex } from '../primitives/brand.ts';
import type { SignedStep } from '../votes/evidence.ts';
import type { BadMessage, ConsensusEffect, ConsensusEvent } from './effect.ts';
import type { ConsensusMessage } from './message.ts';
import { KEPT_BLOCKS_MAX, type PersistentState } from './persistent-state.ts';
import type { ConsensusSigner } from './signer.ts';
import type { ConsensusState, Draft } from './state.ts';
import type { TimerKind } from './timeouts.ts';

/** What a machine is given once. */
export interface ConsensusContext {
  readonly genesisHash: HashHex;
  readonly verifier: Verifier;
  /** Null for a node that only follows. */
  readonly signer: ConsensusSigner | null;
}

/** Rules by their lines in the paper (arXiv 1807.04938, Algorithm 1), and the two that are ours. */
export const RULES = [
  'L49',
  'L55',
  'L36',
  'L36+',
  'L44',
  'L28',
  'L22',
  'L34',
  'L47',
  'L57',
  'L61',
  'L65',
] as const;
export type Rule = (typeof RULES)[number];

export class Turn {
  readonly context: ConsensusContext;
  readonly nowMs: number;
  readonly state: Draft<ConsensusState>;
  readonly effects: ConsensusEffect[] = [];
  readonly fired: Rule[] = [];
  #mustPersist = false;

  constructor(context: ConsensusContext, state: ConsensusState, nowMs: number) {
    this.context = context;
    this.nowMs = nowMs;
    this.state = { ...state };
  }

  emit(effect: ConsensusEffect): void {
    this.effects.push(effect);
  }

  event(event: ConsensusEvent): void {
    this.effects.push({ type: 'event', event });
  }

  broadcast(message: ConsensusMessage): void {
    this.effects.push({ type: 'broadcast', message });
  }

  send(peer: ConsensusKey, message: ConsensusMessage): void {
    this.effects.push({ type: 'send', peer, message });
  }

  schedule(kind: TimerKind, delayMs: number): void {
    const { height, round } = this.state;
    this.effects.push({ type: 'schedule', timer: { kind, height, round }, delayMs });
  }

  badMessage(peer: ConsensusKey | null, reason: BadMessage): void {
    this.event({ name: 'bad_message', peer, reason });
  }

  /** The record of this state is written before any effect of this step leaves. */
  persist(): void {
    this.#mustPersist = true;
  }

  /** Signs for the current round, or null when the sign log refuses or this node is no validator. */
  sign(step: SignedStep, message: Uint8Array): Uint8Array | null {
    const { signer } = this.context;
    const { height, round, self } = this.state;
    if (signer === null || self === null || signer.firstRound(height) === null) return null;
    const signature = signer.sign({ height, round, step }, message);
    if (signature === null) this.event({ name: 'double_sign_prevented', height, round });
    return signature;
  }

  keyOf(index: number): ConsensusKey {
    const validator = this.state.validators[index];
    assert(validator !== undefined, 'the index was checked');
    return validator.consensusKey;
  }

  /** The effects in order, the record first. */
  finish(): ConsensusEffect[] {
    if (!this.#mustPersist) return this.effects;
    return [{ type: 'persist', record: persistentPart(this.state) }, ...this.effects];
  }
}

/** The part of a state that must be durable. */
export function persistentPart(state: ConsensusState): PersistentState {
  const { height, round, step, locked, valid, ownProposal, ownVotes } = state;
  const voted = ownVotes.map(({ blockHash }) => blockHash);
  const wanted = [locked?.hash, valid?.hash, ownProposal?.blockHash, ...voted.toReversed()];
  const blocks = [...new Set(wanted.filter((hash) => hash !== null && hash !== undefined))];
  return {
    height,
    round,
    step,
    locked,
    valid,
    polka: valid === null ? null : (state.polkas.get(valid.round) ?? null),
    proposal: ownProposal,
    votes: ownVotes,
    blocks: blocks.slice(0, KEPT_BLOCKS_MAX),
  };
}
