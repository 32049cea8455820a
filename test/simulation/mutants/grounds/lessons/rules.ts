/** @module Each rule in the situation that it is made for, and in the one beside it. */
import { type Machine, NOW_MS, vote } from '../../../../shared/protocol/consensus/machine.ts';
import {
  effectsOf,
  follow,
  inRound,
  judged,
  lesson,
  lockedOnV,
  OTHERS,
  polkaOf,
  saidIn,
  V,
  W,
} from './lesson.ts';

const HOUR_MS = 3_600_000;

/** L49 and L55. */
const WHAT_OTHERS_SAY = [
  lesson('decisions_need_precommits', () => polkaOf(judged(inRound(5), V, 4), 4, V).state.step !== 'decided'),
  lesson('decisions_need_two_thirds', () => {
    const machine = judged(inRound(5), V, 4).votes(vote('precommit', 1, 4, V), vote('precommit', 2, 4, V));
    return machine.state.step !== 'decided';
  }),
  lesson('two_thirds_decide', () => {
    const precommits = OTHERS.map((index) => vote('precommit', index, 4, V));
    return judged(inRound(5), V, 4).votes(...precommits).state.step === 'decided';
  }),
  lesson('one_moves_nobody', () => inRound(5).votes(vote('prevote', 1, 7, null)).state.round !== 7),
  lesson('a_third_moves_on', () => {
    const machine = inRound(5).votes(vote('prevote', 1, 9, null), vote('precommit', 3, 7, null));
    return machine.state.round === 7;
  }),
];

/** L36, L36+ and L44. */
const LOCKS = [
  lesson(
    'precommit_locks',
    () => lockedOnV().state.locked?.hash === V && saidIn(lockedOnV(), 5).endsWith('precommit v'),
  ),
  lesson('lock_needs_own_precommit', () => {
    const machine = inRound(5)
      .propose(V, 5)
      .votes(vote('prevote', 1, 5, V), vote('prevote', 3, 5, null));
    machine.timeout('prevote').votes(vote('prevote', 2, 5, V));
    return machine.state.locked === null && machine.state.valid?.hash === V;
  }),
  lesson('late_polka_is_valid', () => {
    const machine = polkaOf(judged(follow(lockedOnV(), 7), W, 6), 6, W);
    return machine.state.valid?.round === 6;
  }),
  lesson('late_polka_moves_no_lock', () => {
    const machine = polkaOf(judged(follow(lockedOnV(), 7), W, 6), 6, W);
    return machine.state.locked?.hash === V;
  }),
  lesson('nil_keeps_the_lock', () => {
    const machine = follow(lockedOnV(), 6).timeout('propose');
    machine.votes(vote('prevote', 1, 6, null), vote('prevote', 2, 6, null));
    return saidIn(machine, 6) === 'prevote nil, precommit nil' && machine.state.locked?.hash === V;
  }),
  lesson('precommit_needs_polka', () => {
    const machine = inRound(5).propose(V, 5, { valid: false });
    machine.votes(vote('prevote', 1, 5, null), vote('prevote', 2, 5, null));
    return saidIn(machine, 5) === 'prevote nil, precommit nil';
  }),
];

/** L28 and L22. */
const PREVOTES = [
  lesson('lock_rule', () => {
    const machine = polkaOf(follow(lockedOnV(), 7), 4, W).propose(W, 7, { polRound: 4 });
    return saidIn(machine, 7) === 'prevote nil';
  }),
  lesson('prevote_needs_polka', () => saidIn(inRound(7).propose(W, 7, { polRound: 6 }), 7) === ''),
  lesson('prevote_needs_polka', () => {
    const machine = polkaOf(inRound(7), 6, V).propose(W, 7, { polRound: 6 });
    return saidIn(machine, 7) === '';
  }),
  lesson('newer_polka_frees', () => {
    const machine = polkaOf(follow(lockedOnV(), 7), 6, W).propose(W, 7, { polRound: 6 });
    return saidIn(machine, 7) === 'prevote w';
  }),
  lesson('lock_rule', () => saidIn(follow(lockedOnV(), 6).propose(W, 6), 6) === 'prevote nil'),
  lesson('good_blocks_are_prevoted', () => saidIn(inRound(5).propose(V, 5), 5) === 'prevote v'),
  lesson('prevote_is_valid', () => {
    const machine = polkaOf(inRound(5).propose(V, 5, { valid: false }), 5, V);
    return saidIn(machine, 5) === 'prevote nil';
  }),
  lesson('timely_prevote', () => {
    const machine = inRound(5).propose(V, 5, { timeMs: NOW_MS + 501 });
    return saidIn(machine, 5) === 'prevote nil';
  }),
  lesson('timely_prevote', () => {
    const machine = inRound(5).propose(V, 5, { timeMs: NOW_MS - HOUR_MS });
    return saidIn(machine, 5) === 'prevote nil';
  }),
];

/** Prevotes of three that agree on nothing. */
function split(): Machine {
  return inRound(5)
    .propose(V, 5)
    .votes(vote('prevote', 1, 5, null), vote('prevote', 3, 5, W));
}

/** L34, L47, L57, L61 and L65. */
const WAITS = [
  lesson('split_prevotes_wait', () =>
    effectsOf(split(), 'schedule').some(({ timer }) => timer.kind === 'prevote' && timer.round === 5),
  ),
  lesson('split_precommits_wait', () => {
    const machine = inRound(5).votes(vote('precommit', 1, 5, V));
    return effectsOf(machine, 'schedule').some(
      ({ timer }) => timer.kind === 'precommit' && timer.round === 5,
    );
  }),
  lesson('proposals_are_waited_for', () =>
    effectsOf(inRound(5), 'schedule').some(({ timer }) => timer.kind === 'propose' && timer.round === 5),
  ),
  lesson('a_timeout_votes_for_nothing', () => {
    const machine = inRound(7).propose(W, 7, { polRound: 6 }).timeout('propose');
    return saidIn(machine, 7) === 'prevote nil';
  }),
  lesson(
    'a_timeout_votes_for_nothing',
    () => saidIn(split().timeout('prevote'), 5) === 'prevote v, precommit nil',
  ),
  lesson('a_timeout_begins_the_next_round', () => inRound(5).timeout('precommit').state.round === 6),
];

export const RULE_LESSONS = [...WHAT_OTHERS_SAY, ...PREVOTES, ...LOCKS, ...WAITS];
