/** @module What is counted, and what is refused before it counts. */
import {
  certificateOf,
  isPolkaValid,
  polkaOf,
} from '../../../../../shared/protocol/consensus/certificates.ts';
import type { ConsensusMessage } from '../../../../../shared/protocol/consensus/message.ts';
import { isEvidenceTrue } from '../../../../../shared/protocol/votes/evidence.ts';
import { hasQuorum, hasThird } from '../../../../../shared/protocol/votes/quorum.ts';
import { Machine, VALIDATORS, vote } from '../../../../shared/protocol/consensus/machine.ts';
import {
  atNextHeight,
  effectsOf,
  forged,
  inRound,
  lesson,
  OTHERS,
  saidIn,
  V,
  W,
  weakened,
} from './lesson.ts';

/** Powers and totals for which a threshold is tried on every side of its edge. */
const TOTALS = Array.from({ length: 40 }, (_, index) => index + 1);
const everyPower = (holds: (power: number, total: number) => boolean) =>
  TOTALS.every((total) => [...Array(total + 1).keys()].every((power) => holds(power, total)));

const BLANK = new Uint8Array(64).fill(7);
const POLKA = polkaOf(
  VALIDATORS,
  OTHERS.map((index) => vote('prevote', index, 4, W)),
);
const COMMIT = certificateOf(
  VALIDATORS,
  OTHERS.map((index) => vote('precommit', index, 4, W)),
);

function hears(message: ConsensusMessage, machine = inRound(5)): Machine {
  return machine.take({ type: 'message', peer: null, message });
}

export const QUORUM_LESSONS = [
  lesson('quorum_is_above_two_thirds', () =>
    everyPower((power, total) => hasQuorum(power, total) === power / total > 2 / 3 + 1e-9),
  ),
  lesson('third_is_above_one_third', () =>
    everyPower((power, total) => hasThird(power, total) === power / total > 1 / 3 + 1e-9),
  ),
  lesson('precommit_needs_polka', () => {
    const machine = inRound(5)
      .propose(V, 5)
      .votes(vote('prevote', 1, 5, W), vote('prevote', 2, 5, V));
    return saidIn(machine, 5) === 'prevote v';
  }),
  lesson('certificates_hold', () => {
    const machine = inRound(5)
      .propose(V, 5)
      .votes(vote('prevote', 1, 5, V), vote('prevote', 3, 5, W));
    const polka = machine.votes(vote('prevote', 2, 5, V)).state.polkas.get(5);
    const { genesisHash, verifier } = machine.context;
    return polka !== undefined && isPolkaValid(polka, VALIDATORS, genesisHash, verifier);
  }),
  lesson(
    'polkas_have_two_thirds',
    () => !hears({ kind: 'polka', certificate: weakened(POLKA) }).state.polkas.has(4),
  ),
  lesson(
    'commits_have_two_thirds',
    () => hears({ kind: 'commit', certificate: weakened(COMMIT) }).state.commit === null,
  ),
];

export const FILTER_LESSONS = [
  lesson('votes_are_signed', () => {
    const votes = [1, 2].map((validator) => ({ ...vote('prevote', 3, 9, null), validator }));
    return inRound(5).votes(...votes).state.round === 5;
  }),
  lesson('proposals_are_signed', () => {
    const proposal = { height: 1, round: 5, blockHash: V, polRound: null, signature: BLANK };
    return !hears({ kind: 'proposal', proposal }).state.proposals.has(5);
  }),
  lesson(
    'polkas_are_signed',
    () => !hears({ kind: 'polka', certificate: forged(POLKA) }).state.polkas.has(4),
  ),
  lesson(
    'commits_are_signed',
    () => hears({ kind: 'commit', certificate: forged(COMMIT) }).state.commit === null,
  ),
  lesson('certificates_are_taken', () => {
    const hasPolka = hears({ kind: 'polka', certificate: POLKA }).state.polkas.has(4);
    return hasPolka && hears({ kind: 'commit', certificate: COMMIT }).state.commit !== null;
  }),
  lesson('votes_are_of_this_height', () => {
    const machine = new Machine().votes(...[2, 3].map((index) => vote('prevote', index, 0, null, null, 2)));
    return machine.state.step === 'idle';
  }),
  lesson('first_vote_stands', () => {
    const machine = inRound(5)
      .votes(vote('precommit', 1, 5, V))
      .votes(vote('precommit', 1, 5, W));
    return machine.state.votes.rounds.get(5)?.precommit[1]?.blockHash === V;
  }),
  lesson('late_precommits_are_for_the_block', () => lateAfter(vote('precommit', 0, 4, W)) === 0),
  lesson(
    'late_precommits_are_signed',
    () => lateAfter({ ...vote('precommit', 0, 4, V), signature: BLANK }) === 0,
  ),
  lesson('late_precommits_are_kept', () => lateAfter(vote('precommit', 0, 4, V)) === 1),
];

/** How many precommits for the parent this one adds to those that decided it. */
function lateAfter(precommit: ReturnType<typeof vote>): number {
  const late = ({ state }: Machine) => state.lastCommit?.late.length ?? 0;
  return late(atNextHeight().votes(precommit)) - late(atNextHeight());
}

export const CONFLICT_LESSONS = [
  lesson('conflicts_are_reported', () => conflict().length === 1),
  lesson('evidence_names_no_honest_node', () => conflict()[0]?.validator === VALIDATORS[1]?.consensusKey),
  lesson('evidence_is_true', () => {
    const { genesisHash, verifier } = new Machine().context;
    return conflict().every((evidence) => isEvidenceTrue(evidence, genesisHash, verifier));
  }),
  lesson('evidence_is_true', () => {
    // The votes in the polka are here already.
    const machine = inRound(5).votes(vote('prevote', 1, 4, W), vote('prevote', 2, 4, W));
    return effectsOf(hears({ kind: 'polka', certificate: POLKA }, machine), 'evidence').length === 0;
  }),
];

/** Evidence after validator 1 has precommitted two blocks. */
function conflict() {
  const machine = inRound(5)
    .votes(vote('precommit', 1, 5, V))
    .votes(vote('precommit', 1, 5, W));
  return effectsOf(machine, 'evidence').map(({ evidence }) => evidence);
}
