/** @module Rounds and heights, repetition, what survives a restart, and what is signed. */
import { nativeVerifier } from '../../../../../shared/native/verifier.ts';
import type { PeerState } from '../../../../../shared/protocol/consensus/message.ts';
import { ownPeerState } from '../../../../../shared/protocol/consensus/peer-state.ts';
import type { ConsensusKey } from '../../../../../shared/protocol/primitives/brand.ts';
import { consensusKeyToBytes } from '../../../../../shared/protocol/primitives/consensus-key.ts';
import { precommitSignBytes, prevoteSignBytes } from '../../../../../shared/protocol/votes/vote.ts';
import { Machine, NOW_MS, VALIDATORS, vote } from '../../../../shared/protocol/consensus/machine.ts';
import {
  atNextHeight,
  effectsOf,
  follow,
  inRound,
  lesson,
  lockedOnV,
  OTHERS,
  polkaOf,
  rebroadcast,
  saidIn,
  V,
  W,
} from './lesson.ts';

const keyOf = (index: number) => VALIDATORS[index]?.consensusKey as ConsensusKey;

/** What was said to all in the last step. */
const saidToAll = (machine: Machine) => effectsOf(machine, 'broadcast').map(({ message }) => message);

/** Round 8 is of the machine, which knows V and a polka for it. */
function proposals() {
  return saidToAll(follow(lockedOnV(), 8)).flatMap((message) =>
    message.kind === 'proposal' ? [message.proposal] : [],
  );
}

export const ROUND_LESSONS = [
  lesson('locks_outlast_rounds', () => follow(lockedOnV(), 6).state.locked?.hash === V),
  lesson('locks_end_with_their_height', () => atNextHeight(lockedOnV()).state.locked === null),
  lesson('valid_blocks_are_repeated', () => proposals()[0]?.blockHash === V),
  lesson('repeated_blocks_name_their_polka', () => proposals()[0]?.polRound === 5),
  lesson('one_wakes_nobody', () => new Machine().votes(vote('prevote', 1, 0, V)).state.step === 'idle'),
  lesson('a_third_wakes', () => {
    const machine = new Machine().votes(vote('prevote', 1, 0, V), vote('prevote', 2, 0, V));
    return machine.state.step !== 'idle';
  }),
  lesson(
    'work_opens_a_height',
    () => new Machine().take({ type: 'work_available' }).state.step === 'propose',
  ),
];

/** Says to a machine of height 2 what a peer has. */
function tellsPeerState(changed: Partial<PeerState>): Machine {
  const machine = atNextHeight();
  const peerState = { ...ownPeerState(machine.state, false), ...changed };
  return machine.take({ type: 'message', peer: keyOf(2), message: { kind: 'peer_state', peerState } });
}

export const REPETITION_LESSONS = [
  lesson('own_votes_are_repeated', () => {
    const machine = rebroadcast(lockedOnV());
    return saidToAll(machine).some((message) => message.kind === 'votes' && message.votes.length === 2);
  }),
  lesson('nothing_to_oneself', () => {
    const told = effectsOf(rebroadcast(inRound(5)), 'send_transactions').map(({ peer }) => peer);
    return told.length > 0 && !told.includes(keyOf(0));
  }),
  lesson('laggards_are_asked', () => {
    const asked = effectsOf(rebroadcast(new Machine()), 'send').map(({ peer }) => peer);
    return OTHERS.every((index) => asked.includes(keyOf(index)));
  }),
  lesson('who_is_behind_gets_blocks', () => {
    const [sent] = effectsOf(tellsPeerState({ height: 1 }), 'send_decided');
    return sent?.peer === keyOf(2) && sent.height === 1;
  }),
];

/** Whether a machine has after a restart what it had before. */
function recovers(machine: Machine): boolean {
  const facts = ({ state }: Machine) => {
    const { round, step, locked, valid, ownVotes, ownProposal } = state;
    return JSON.stringify({ round, step, locked, valid, ownVotes, ownProposal });
  };
  const before = facts(machine);
  machine.restart();
  return facts(machine) === before;
}

/** Has proposed V in round 0. */
function proposer(): Machine {
  const machine = new Machine().take({ type: 'work_available' });
  return machine.take({
    type: 'built',
    height: 1,
    round: 0,
    block: { hash: V, valid: true, round: 0, timeMs: NOW_MS },
  });
}

/** Whether every own vote carries a signature of just this vote. */
function isSigned({ state, context }: Machine): boolean {
  return state.ownVotes.every((own) => {
    const bytes = own.type === 'prevote' ? prevoteSignBytes : precommitSignBytes;
    return nativeVerifier.verify(
      consensusKeyToBytes(keyOf(0)),
      bytes(context.genesisHash, own),
      own.signature,
    );
  });
}

export const RECORD_LESSONS = [
  lesson('record_comes_first', () => lockedOnV().effects[0]?.type === 'persist'),
  lesson('recovery', () => recovers(lockedOnV())),
  lesson('recovery', () => recovers(proposer())),
  lesson('recovery', () => recovers(inRound(5).propose(V, 5))),
];

export const SIGNATURE_LESSONS = [
  lesson('own_votes_are_signed', () => isSigned(lockedOnV())),
  lesson('own_votes_are_signed', () => {
    const machine = polkaOf(follow(lockedOnV(), 7), 6, W).propose(W, 7, { polRound: 6 });
    return saidIn(machine, 7) === 'prevote w' && isSigned(machine);
  }),
  lesson('own_votes_count', () => lockedOnV().state.votes.rounds.get(5)?.prevote[0]?.blockHash === V),
  lesson('no_refused_signature', () => {
    const machine = inRound(5)
      .propose(V, 5)
      .votes(vote('prevote', 1, 5, V), vote('prevote', 3, 5, null));
    machine.timeout('prevote').votes(vote('prevote', 2, 5, V));
    return effectsOf(machine, 'event').every(({ event }) => event.name !== 'double_sign_prevented');
  }),
];
