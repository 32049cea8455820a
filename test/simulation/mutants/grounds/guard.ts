/** @module The real machine with a guarded key: as long as the guard is up, and below the round it allows, nothing is signed. */
import { block, Machine, vote } from '../../../shared/protocol/consensus/machine.ts';
import { Violation } from '../../violation.ts';
import { drill } from './drill.ts';

const INPUTS = 60;

export const guard = drill((random) => {
  const machine = new Machine();
  const allowedFrom = random.between(2, 6);
  let isUp = true;
  machine.firstRound = () => (isUp ? null : allowedFrom);
  machine.take({ type: 'work_available' });
  for (let input = 0; input < INPUTS; input++) {
    const { round } = machine.state;
    const hash = block(`${round}`);
    switch (random.below(5)) {
      case 0:
        machine.propose(hash, round);
        break;
      case 1:
        machine.votes(...[1, 2, 3].map((index) => vote('prevote', index, round, random.pick([hash, null]))));
        break;
      case 2:
        machine.votes(...[1, 2].map((index) => vote('precommit', index, round, null)));
        break;
      case 3:
        machine.timeout(random.pick(['propose', 'prevote', 'precommit'] as const));
        break;
      default:
        if (random.chance(0.2) && isUp) {
          isUp = false;
          machine.take({ type: 'signer_ready' });
        }
    }
    for (const id of machine.rows.rows.keys()) {
      const at = Number(id.split('/')[1]);
      if (isUp) throw new Violation('a_guarded_key_is_silent', `signed at ${id}`);
      if (at < allowedFrom) throw new Violation('signs_where_it_may', `${id} is below round ${allowedFrom}`);
    }
  }
});
