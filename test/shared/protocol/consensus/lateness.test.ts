import { describe, expect, it } from 'vitest';
import { certificateOf } from '../../../../shared/protocol/consensus/certificates.ts';
import { LATE_ASK_MS, REBROADCAST_MIN_MS } from '../../../../shared/protocol/consensus/timeouts.ts';
import { block, Machine, NOW_MS, VALIDATORS, vote } from './machine.ts';

const V = block('v');
const PRECOMMITS = [1, 2, 3].map((validator) => vote('precommit', validator, 0, V));
const CERTIFICATE = certificateOf(VALIDATORS, PRECOMMITS);
const VERDICT = { hash: V, valid: true, round: 0, timeMs: NOW_MS };

/** Height 2 with work to do, above a block that the machine has decided. */
function enterNext(machine: Machine): Machine {
  expect(machine.effects).toContainEqual(expect.objectContaining({ type: 'decide', hash: V }));
  const { params } = machine.state;
  const parent = { hash: V, timeMs: NOW_MS - params.blockTimeMs };
  machine.take({
    type: 'new_height',
    height: 2,
    validators: VALIDATORS,
    params,
    parent,
    lastCommit: CERTIFICATE,
  });
  return machine.take({ type: 'work_available' });
}

/** A machine that was told of height 1 and had no part in it. */
function late(): Machine {
  return enterNext(new Machine().take({ type: 'decided', certificate: CERTIFICATE, block: VERDICT }));
}

function repeat(machine: Machine): Machine {
  return machine.take({ type: 'timeout', timer: { kind: 'rebroadcast', height: 2, round: 0 } });
}

function waitOf({ effects }: Machine): number | undefined {
  return effects.flatMap((effect) =>
    effect.type === 'schedule' && effect.timer.kind === 'rebroadcast' ? [effect.delayMs] : [],
  )[0];
}

function askedBy({ effects }: Machine) {
  return effects.flatMap((effect) =>
    effect.type === 'send' && effect.message.kind === 'peer_state' ? [effect.peer] : [],
  );
}

describe('a validator that was told of the block below', () => {
  it('asks soon, and no more than it takes to reach an honest one', () => {
    const machine = late();
    expect(waitOf(machine)).toBe(LATE_ASK_MS);
    repeat(machine);
    expect(askedBy(machine)).toEqual([VALIDATORS[1]?.consensusKey, VALIDATORS[2]?.consensusKey]);
    expect(machine.effects.filter(({ type }) => type === 'broadcast')).toEqual([]);
    expect(waitOf(machine)).toBe(REBROADCAST_MIN_MS);
  });

  it('asks once, and then repeats what it said as everyone does', () => {
    const machine = repeat(repeat(late()));
    expect(askedBy(machine)).toEqual([]);
    expect(machine.effects).toContainEqual(
      expect.objectContaining({
        type: 'broadcast',
        message: expect.objectContaining({ kind: 'peer_state' }),
      }),
    );
    expect(waitOf(machine)).toBe(2 * REBROADCAST_MIN_MS);
  });

  it('asks although another round has begun', () => {
    const machine = late();
    machine.votes(vote('prevote', 2, 1, null, null, 2), vote('prevote', 3, 1, null, null, 2));
    expect(machine.state.round).toBe(1);
    expect(waitOf(machine)).toBeUndefined();
    expect(askedBy(repeat(machine))).toHaveLength(2);
  });

  it('is on time again once it has precommitted', () => {
    const voted = new Machine().take({ type: 'work_available' });
    voted.propose(V, 0).votes(vote('prevote', 1, 0, V), vote('prevote', 2, 0, V));
    expect(voted.ownVotes).toContain(`precommit 0 ${V}`);
    enterNext(voted.votes(...PRECOMMITS));
    expect(waitOf(voted)).toBe(REBROADCAST_MIN_MS);
    expect(voted.state.isLate).toBe(false);
  });
});
