import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../../shared/protocol/consensus/message-codec.ts';
import {
  decodePersistentState,
  encodePersistentState,
} from '../../../../shared/protocol/consensus/persistent-state.ts';
import { proposerKey } from '../../../../shared/protocol/consensus/proposal.ts';
import { ROUND_MAX, TURNS_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import { isEvidenceTrue } from '../../../../shared/protocol/votes/evidence.ts';
import { block, Machine, NOW_MS, VALIDATORS, vote } from './machine.ts';

const V = block('v');
const W = block('w');

/** A machine in a later round, where it is another's turn to propose. */
function inRound(round: number): Machine {
  return new Machine().take({ type: 'work_available' }).skipTo(round);
}

describe('the rules', () => {
  it('proposes first with validator 0, as all priorities are equal', () => {
    expect(proposerKey(new Machine().state, 0)).toBe(VALIDATORS[0]?.consensusKey);
  });

  it('L22: prevotes a valid new block', () => {
    expect(inRound(1).propose(V, 1).ownVotes).toContain(`prevote 1 ${V}`);
  });

  it.each([
    ['invalid', { valid: false }],
    ['from the future', { timeMs: NOW_MS + 501 }],
    ['from long ago', { timeMs: NOW_MS - 3_000 }],
    ['of another round', { headerRound: 0 }],
  ])('L22: prevotes nothing for a block that is %s', (_why, options) => {
    expect(inRound(1).propose(V, 1, options).ownVotes).toContain('prevote 1 nil');
  });

  it('L22: takes a time exactly at the precision', () => {
    expect(inRound(1).propose(V, 1, { timeMs: NOW_MS + 500 }).ownVotes).toContain(`prevote 1 ${V}`);
  });

  it('L55: enters a round that more than a third have voted in, and not for one validator alone', () => {
    const machine = new Machine().take({ type: 'work_available' });
    expect(machine.votes(vote('prevote', 2, 7, null)).state.round).toBe(0);
    expect(machine.votes(vote('precommit', 3, 7, null)).state.round).toBe(7);
  });

  it('L55: counts votes beyond every vote set', () => {
    expect(inRound(900).state.round).toBe(900);
  });

  it.each([
    ['where turns begin again', TURNS_MAX - 1],
    ['of the last rounds there can be', ROUND_MAX - 2],
  ])('goes on from a round %s, round by round, and decides', (_which, round) => {
    const machine = inRound(round);
    for (const next of [round + 1, round + 2]) {
      machine.votes(...[1, 2, 3].map((validator) => vote('precommit', validator, next - 1, null)));
      expect(machine.timeout('precommit').state.round).toBe(next);
    }
    machine.restart();
    expect(machine.state.round).toBe(round + 2);
    machine.propose(V, round + 2);
    for (const type of ['prevote', 'precommit'] as const)
      machine.votes(...[1, 2, 3].map((validator) => vote(type, validator, round + 2, V)));
    expect(machine.effects.find(({ type }) => type === 'decide')).toMatchObject({ hash: V, height: 1 });
  });

  it('L57, L61, L65: each time-out moves on once, and a stale one does nothing', () => {
    const machine = inRound(1).timeout('propose', 0);
    expect(machine.state.step).toBe('propose');
    machine.timeout('propose');
    expect(machine.ownVotes).toEqual(['prevote 1 nil', 'precommit 1 nil'].slice(0, machine.ownVotes.length));
    machine.timeout('precommit');
    expect(machine.state.round).toBe(2);
  });

  it('L44: precommits nothing when two thirds prevoted nothing', () => {
    const machine = inRound(1).timeout('propose');
    expect(machine.ownVotes).toContain('precommit 1 nil');
    expect(machine.fired).toContain('L44');
  });

  it('L49: decides on precommits of another round, and asks for a block that it lacks', () => {
    const machine = inRound(2);
    machine.votes(...[1, 2, 3].map((validator) => vote('precommit', validator, 1, V)));
    expect(machine.effects).toContainEqual({ type: 'request_block', hash: V });
    machine.take({ type: 'block_ready', block: { hash: V, valid: true, round: 1, timeMs: NOW_MS } });
    expect(machine.effects.find(({ type }) => type === 'decide')).toMatchObject({ hash: V, height: 1 });
  });

  it('L49: halts over a certified block that it finds invalid', () => {
    const machine = inRound(2);
    machine.votes(...[1, 2, 3].map((validator) => vote('precommit', validator, 1, V)));
    machine.take({ type: 'block_ready', block: { hash: V, valid: false, round: 1, timeMs: NOW_MS } });
    expect(machine.effects.map(({ type }) => type)).toContain('halt');
  });
});

/** Validators 1 and 2 and this node prevote V in round 5, whose proposer is not this node. */
function lockedInRound5(): Machine {
  const machine = new Machine().take({ type: 'work_available' });
  machine.votes(vote('precommit', 2, 5, null), vote('precommit', 3, 5, null));
  return machine.propose(V, 5).votes(vote('prevote', 1, 5, V), vote('prevote', 2, 5, V));
}

describe('the lock', () => {
  it('L36: locks and precommits on two thirds of prevotes, with the record first', () => {
    const machine = lockedInRound5();
    expect(machine.state.locked).toEqual({ round: 5, hash: V });
    expect(machine.ownVotes).toEqual([`prevote 5 ${V}`, `precommit 5 ${V}`]);
    expect(machine.effects[0]?.type).toBe('persist');
  });

  it('L22: keeps a locked node from another new block, and shows the polka', () => {
    const machine = lockedInRound5().skipTo(6).propose(W, 6);
    expect(machine.ownVotes.at(-1) === 'prevote 6 nil' || machine.ownVotes.at(-2) === 'prevote 6 nil').toBe(
      true,
    );
    expect(machine.record?.locked).toEqual({ round: 5, hash: V });
  });

  it('L28: frees a locked node for another block with a newer polka only', () => {
    const machine = lockedInRound5().skipTo(7);
    machine.propose(W, 7, { polRound: 6, headerRound: 6 });
    expect(machine.ownVotes).toHaveLength(2);
    machine.votes(...[1, 2, 3].map((validator) => vote('prevote', validator, 6, W)));
    expect(machine.ownVotes[2]).toBe(`prevote 7 ${W}`);
  });

  it('survives a restart, and no position is signed twice', () => {
    const machine = lockedInRound5();
    const signed = machine.rows.rows.size;
    machine.restart();
    expect(machine.state.locked).toEqual({ round: 5, hash: V });
    expect(machine.state.step).toBe('precommit');
    expect(machine.rows.rows.size).toBe(signed);
    expect(machine.effects.some(({ type }) => type === 'broadcast')).toBe(true);
  });

  it('has a record that comes back from its bytes', () => {
    const { record } = lockedInRound5();
    if (record === null) throw new Error('a lock is recorded');
    expect(decodePersistentState(encodePersistentState(record))).toEqual(record);
  });
});

describe('what others send', () => {
  it('does not count a vote with a wrong signature', () => {
    const machine = inRound(1);
    const forged = { ...vote('prevote', 3, 4, null), validator: 1 };
    expect(machine.votes(forged, vote('prevote', 2, 4, null)).state.round).toBe(1);
  });

  it('makes evidence of two votes for one position, once', () => {
    const machine = inRound(1).votes(vote('precommit', 1, 1, V), vote('precommit', 1, 1, W));
    const [evidence] = machine.effects.flatMap((effect) =>
      effect.type === 'evidence' ? [effect.evidence] : [],
    );
    if (evidence === undefined) throw new Error('a conflict is evidence');
    expect(evidence.validator).toBe(VALIDATORS[1]?.consensusKey);
    expect(isEvidenceTrue(evidence, machine.context.genesisHash, machine.context.verifier)).toBe(true);
    machine.votes(vote('precommit', 1, 1, null));
    expect(machine.effects.filter(({ type }) => type === 'evidence')).toEqual([]);
  });

  it('does not leave an idle height for one vote, but for votes of more than a third', () => {
    const machine = new Machine().votes(vote('prevote', 1, 0, V));
    expect(machine.state.step).toBe('idle');
    expect(machine.votes(vote('prevote', 2, 0, null)).state.step).not.toBe('idle');
  });

  it('comes back from the bytes of every message that this node sends', () => {
    const machine = lockedInRound5();
    machine.take({ type: 'timeout', timer: { kind: 'rebroadcast', height: 1, round: 5 } });
    const messages = machine.effects.flatMap((effect) =>
      effect.type === 'broadcast' ? [effect.message] : [],
    );
    expect(messages.length).toBeGreaterThan(2);
    for (const message of messages) expect(decodeMessage(encodeMessage(message))).toEqual(message);
  });
});
