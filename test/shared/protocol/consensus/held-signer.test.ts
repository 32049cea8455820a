/** @module A machine whose signer is held back: it follows in silence, and takes part once it may, as if it had just come. */
import { describe, expect, it } from 'vitest';
import { ROUND_MAX } from '../../../../shared/protocol/primitives/limits.ts';
import { block, Machine, NOW_MS, VALIDATORS, vote } from './machine.ts';

const V = block('v');

/** Validator 0, whose turn round 0 is, with a guard up. */
function held(): Machine {
  const machine = new Machine();
  machine.firstRound = () => null;
  return machine;
}

function release(machine: Machine, firstRound = 0): Machine {
  machine.firstRound = () => firstRound;
  return machine.take({ type: 'signer_ready' });
}

/** Enters a round through precommits of two others: their prevotes in it are still open. */
const enter = (machine: Machine, round: number): Machine =>
  machine.votes(vote('precommit', 2, round, null), vote('precommit', 3, round, null));

const asked = (machine: Machine): string[] => machine.effects.map(({ type }) => type);

describe('a machine whose signer is held', () => {
  it('signs nothing, builds nothing and reports no prevented signature, whatever happens', () => {
    const machine = held().take({ type: 'work_available' });
    expect(asked(machine)).not.toContain('build_block');
    machine.timeout('propose');
    machine.skipTo(1).propose(V, 1);
    machine.votes(...[1, 2, 3].map((validator) => vote('prevote', validator, 1, V)));
    machine.timeout('precommit');
    expect(machine.state.round).toBe(2);
    expect(machine.rows.rows.size).toBe(0);
    expect(machine.ownVotes).toEqual([]);
    const events = machine.effects.flatMap((effect) => (effect.type === 'event' ? [effect.event.name] : []));
    expect(events).not.toContain('double_sign_prevented');
  });

  it('follows decisions and asks nobody to propose that is itself', () => {
    const machine = held().take({ type: 'work_available' });
    for (const effect of machine.effects)
      if (effect.type === 'send_transactions') expect(effect.peer).not.toBe(VALIDATORS[0]?.consensusKey);
    machine.propose(V, 0);
    machine.votes(...[1, 2, 3].map((validator) => vote('precommit', validator, 0, V)));
    expect(machine.effects.find(({ type }) => type === 'decide')).toMatchObject({ hash: V });
  });
});

describe('a machine whose signer is released', () => {
  it('proposes in its own round, though the round began while it was held', () => {
    const machine = held().take({ type: 'work_available' });
    expect(asked(release(machine))).toContain('build_block');
  });

  it('votes in a round whose step it passed in silence: others may wait for nobody else', () => {
    const machine = enter(held().take({ type: 'work_available' }), 1).timeout('propose');
    expect(machine.state.step).toBe('prevote');
    release(machine).propose(V, 1);
    expect(machine.ownVotes).toEqual([`prevote 1 ${V}`]);
    machine.votes(...[1, 2].map((validator) => vote('prevote', validator, 1, V)));
    expect(machine.ownVotes).toEqual([`prevote 1 ${V}`, `precommit 1 ${V}`]);
  });

  it('precommits when the polka came in silence after its own prevote: with it missing two others wait for ever', () => {
    const machine = new Machine().take({ type: 'work_available' }).skipTo(1).propose(V, 1);
    machine.firstRound = () => null;
    machine.restart();
    machine.votes(...[1, 2, 3].map((validator) => vote('prevote', validator, 1, V)));
    machine.take({ type: 'block_ready', block: { hash: V, valid: true, round: 1, timeMs: NOW_MS } });
    expect(machine.ownVotes).toEqual([`prevote 1 ${V}`]);
    machine.propose(V, 1);
    expect(release(machine).ownVotes).toEqual([`prevote 1 ${V}`, `precommit 1 ${V}`]);
  });

  it('prevotes its own proposal when it was held between the two', () => {
    const machine = new Machine();
    machine.firstRound = () => (machine.rows.rows.size === 0 ? 0 : null);
    machine.take({ type: 'work_available' });
    const built = { hash: V, valid: true, round: 0, timeMs: NOW_MS };
    machine.take({ type: 'built', height: 1, round: 0, block: built });
    expect(machine.ownVotes).toEqual([]);
    expect(release(machine).ownVotes).toEqual([`prevote 0 ${V}`]);
    expect(machine.rows.rows.size).toBe(2);
  });

  it('keeps a lock that it took in silence', () => {
    const machine = enter(held().take({ type: 'work_available' }), 1).propose(V, 1);
    machine.votes(...[1, 2, 3].map((validator) => vote('prevote', validator, 1, V)));
    expect(machine.state.locked).toEqual({ round: 1, hash: V });
    release(machine).skipTo(2).propose(block('w'), 2);
    expect(machine.ownVotes.at(-1)).toMatch(/2 nil$/);
  });

  it('says nothing again in a round in which it has spoken before it was held', () => {
    const machine = new Machine().take({ type: 'work_available' }).skipTo(1).timeout('propose');
    const spoken = machine.ownVotes;
    machine.firstRound = () => null;
    machine.propose(V, 1);
    expect(release(machine).ownVotes).toEqual(spoken);
  });

  it('starts above the rounds that the operator says are signed, in an open height and in one that opens', () => {
    const open = held().take({ type: 'work_available' });
    expect(release(open, 4).state.round).toBe(4);
    const idle = release(held(), 4);
    expect(idle.state.step).toBe('idle');
    expect(idle.take({ type: 'work_available' }).state.round).toBe(4);
    expect(idle.skipTo(9).state.round).toBe(9);
    expect(release(held().take({ type: 'work_available' }), ROUND_MAX).state.round).toBe(ROUND_MAX);
  });
});
