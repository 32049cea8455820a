/** @module A lesson: one machine of four in one situation, written by hand, and what must hold then. */
import type { ConsensusEffect } from '../../../../../shared/protocol/consensus/effect.ts';
import type { HashHex } from '../../../../../shared/protocol/primitives/brand.ts';
import type { CommitCertificate } from '../../../../../shared/protocol/votes/commit-certificate.ts';
import { block, Machine, NOW_MS, VALIDATORS, vote } from '../../../../shared/protocol/consensus/machine.ts';

export interface Lesson {
  readonly invariant: string;
  readonly holds: () => boolean;
}

export function lesson(invariant: string, holds: () => boolean): Lesson {
  return { invariant, holds };
}

export const V = block('v');
export const W = block('w');
export const OTHERS = [1, 2, 3] as const;

/** In a round of another proposer, which two others entered with precommits for nothing. */
export function inRound(round: number): Machine {
  return follow(new Machine().take({ type: 'work_available' }), round);
}

/** Two others are in this round, and the machine follows them. */
export function follow(machine: Machine, round: number): Machine {
  return machine.votes(vote('precommit', 2, round, null), vote('precommit', 3, round, null));
}

/** V is proposed and prevoted by two others in round 5: the machine locks on it. */
export function lockedOnV(): Machine {
  return inRound(5)
    .propose(V, 5)
    .votes(vote('prevote', 1, 5, V), vote('prevote', 2, 5, V));
}

/** All three others prevote a block. */
export function polkaOf(machine: Machine, round: number, hash: HashHex): Machine {
  return machine.votes(...OTHERS.map((index) => vote('prevote', index, round, hash)));
}

/** Knows the block, and that it holds. */
export function judged(machine: Machine, hash: HashHex, round: number): Machine {
  return machine.take({ type: 'block_ready', block: { hash, valid: true, round, timeMs: NOW_MS } });
}

/** Decided V by precommits of the three others in round 4, and stands at height 2. */
export function atNextHeight(machine = inRound(5)): Machine {
  judged(machine, V, 4).votes(...OTHERS.map((index) => vote('precommit', index, 4, V)));
  const { params } = machine.state;
  const parent = { hash: V, timeMs: NOW_MS };
  return machine.take({
    type: 'new_height',
    height: 2,
    validators: VALIDATORS,
    params,
    parent,
    lastCommit: null,
  });
}

export function rebroadcast(machine: Machine): Machine {
  const { height, round } = machine.state;
  return machine.take({ type: 'timeout', timer: { kind: 'rebroadcast', height, round } });
}

/** Effects of the last input, of one type. */
export function effectsOf<Type extends ConsensusEffect['type']>(
  { effects }: Machine,
  type: Type,
): Extract<ConsensusEffect, { type: Type }>[] {
  return effects.filter((effect): effect is Extract<ConsensusEffect, { type: Type }> => effect.type === type);
}

/** Own votes of a round as text, `prevote v`, `precommit nil`. */
export function saidIn({ state }: Machine, round: number): string {
  const name = (hash: HashHex | null) => (hash === null ? 'nil' : hash === V ? 'v' : 'w');
  const votes = state.ownVotes.filter((each) => each.round === round);
  return votes.map(({ type, blockHash }) => `${type} ${name(blockHash)}`).join(', ');
}

/** A certificate that has lost its last signature: two of four stand behind it. */
export function weakened<Certificate extends CommitCertificate>(certificate: Certificate): Certificate {
  const bitmap = Uint8Array.of(0b0110_0000);
  return { ...certificate, bitmap, signatures: certificate.signatures.slice(0, 2) };
}

/** A certificate whose last signature is not one. */
export function forged<Certificate extends CommitCertificate>(certificate: Certificate): Certificate {
  const signatures = certificate.signatures.with(-1, new Uint8Array(64).fill(7));
  return { ...certificate, signatures };
}
