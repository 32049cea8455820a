import { describe, expect, it } from 'vitest';
import { voteTimeoutMs } from '../../../../shared/protocol/consensus/timeouts.ts';
import { block, Machine, vote } from './machine.ts';

const V = block('v');

/** A machine that has prevoted in round 1 for a proposal of another. */
function prevoted(): Machine {
  const machine = new Machine().take({ type: 'work_available' });
  return machine.votes(vote('precommit', 2, 1, null), vote('precommit', 3, 1, null)).propose(V, 1);
}

function timersOf({ effects }: Machine, kind: string) {
  return effects.flatMap((effect) =>
    effect.type === 'schedule' && effect.timer.kind === kind ? [effect] : [],
  );
}

describe('the rules that wait', () => {
  it('L34: arms the prevote timer when two thirds have prevoted, for whatever, and only once', () => {
    const machine = prevoted();
    expect(machine.state.step).toBe('prevote');
    expect(timersOf(machine.votes(vote('prevote', 2, 1, V)), 'prevote')).toEqual([]);
    const armed = new Machine().take({ type: 'work_available' });
    armed.votes(vote('prevote', 2, 1, V), vote('prevote', 3, 1, null)).propose(V, 1);
    expect(timersOf(armed, 'prevote')).toEqual([
      {
        type: 'schedule',
        timer: { kind: 'prevote', height: 1, round: 1 },
        delayMs: voteTimeoutMs(armed.state.params, 1),
      },
    ]);
    expect(armed.fired.filter((rule) => rule === 'L34')).toHaveLength(1);
    expect(timersOf(armed.votes(vote('prevote', 1, 1, block('w'))), 'prevote')).toEqual([]);
  });

  it('L47: arms the precommit timer in any step when two thirds have precommitted, and only once', () => {
    const machine = new Machine().take({ type: 'work_available' }).skipTo(1);
    expect(machine.state.step).toBe('propose');
    machine.votes(vote('precommit', 1, 1, V), vote('precommit', 2, 1, null));
    expect(timersOf(machine, 'precommit')).toEqual([]);
    machine.votes(vote('precommit', 3, 1, null));
    expect(timersOf(machine, 'precommit')).toMatchObject([{ timer: { round: 1 } }]);
    expect(machine.fired).toContain('L47');
    machine.timeout('propose');
    expect(machine.fired.filter((rule) => rule === 'L47')).toHaveLength(1);
  });

  it('L36+: takes the block of a polka that comes a round late as the one to propose, and leaves the lock', () => {
    const machine = prevoted().votes(vote('precommit', 2, 2, null), vote('precommit', 3, 2, null));
    expect([machine.state.round, machine.state.valid]).toEqual([2, null]);
    machine.votes(...[1, 2, 3].map((validator) => vote('prevote', validator, 1, V)));
    expect(machine.fired).toContain('L36+');
    expect(machine.state.valid).toEqual({ round: 1, hash: V });
    expect(machine.state.locked).toBeNull();
  });

  it('L36+: does not go back to an older polka', () => {
    const machine = prevoted().votes(...[2, 3].map((validator) => vote('prevote', validator, 1, V)));
    expect(machine.state.valid).toEqual({ round: 1, hash: V });
    const fired = machine.fired.length;
    machine.take({ type: 'block_ready', block: { hash: block('old'), valid: true, round: 0, timeMs: 0 } });
    machine.votes(...[1, 2, 3].map((validator) => vote('prevote', validator, 0, block('old'))));
    expect(machine.fired.slice(fired)).not.toContain('L36+');
    expect(machine.state.valid).toEqual({ round: 1, hash: V });
  });
});
