/** @module Replays a trace of the model into real machines: after each input the node of the model and the machine hold the same. */
import { AssertionError, deepStrictEqual } from 'node:assert/strict';
import type { ConsensusInput } from '../../shared/protocol/consensus/input.ts';
import type { TimerKind } from '../../shared/protocol/consensus/timeouts.ts';
import { type Committee, type ModelCertificate, type ModelVote, NOW_MS } from './committee.ts';
import type { Plain, TraceInput, TraceState } from './itf.ts';
import { Replica } from './replica.ts';

/** A proposal that comes this much later is not timely any more. */
const LATE_MS = 3_600_000;

/** What comes with an input of the model; each kind of input has some of it. */
interface InputValue {
  readonly node: number;
  readonly block: number;
  readonly proposal: ModelVote;
  readonly timely: boolean;
  readonly withBlock: boolean;
  readonly prevotes: readonly ModelVote[];
  readonly precommits: readonly ModelVote[];
  readonly certificate: ModelCertificate;
  readonly kind: TimerKind;
  readonly round: number;
}

/** An input that the machine gets, and when. */
interface Arrival {
  readonly input: ConsensusInput;
  readonly nowMs: number;
}

export interface Replayed {
  readonly inputs: number;
  /** How often each rule and situation occurred in the real machines. */
  readonly seen: ReadonlyMap<string, number>;
  /** More than one block is final. */
  readonly isForked: boolean;
}

/** The machine holds something else than the node of the model. */
export class Difference extends Error {
  override readonly name = 'Difference';
}

/** Throws Difference with the first one. */
export function replay(committee: Committee, trace: readonly TraceState[]): Replayed {
  const replicas = new Map(committee.honest.map((index) => [index, new Replica(committee, index)]));
  const observed = new Map([...replicas].map(([index, replica]) => [index, replica.observe()]));
  for (const [position, { input, nodes }] of trace.entries()) {
    const { node } = input.value as unknown as InputValue;
    const replica = replicas.get(node);
    if (replica !== undefined) {
      give(committee, replica, input);
      observed.set(node, replica.observe());
    } else if (position > 0) throw new Error(`input ${position} is for no honest node`);
    for (const [index, state] of observed)
      compare(state, nodes[index], `state ${position}, node ${index} after ${input.tag}`);
  }
  const seen = new Map<string, number>();
  for (const replica of replicas.values())
    for (const [what, count] of replica.seen) seen.set(what, (seen.get(what) ?? 0) + count);
  const decisions = new Set(
    [...replicas.values()].map(({ decision }) => decision).filter((hash) => hash !== null),
  );
  return { inputs: trace.length - 1, seen, isForked: decisions.size > 1 };
}

function compare(state: Plain, expected: Plain | undefined, where: string): void {
  try {
    deepStrictEqual(state, expected, where);
  } catch (error) {
    throw error instanceof AssertionError ? new Difference(error.message) : error;
  }
}

function give(committee: Committee, replica: Replica, input: TraceInput): void {
  if (input.tag === 'Restart') replica.restart();
  else for (const { input: each, nowMs } of arrivalsOf(committee, input)) replica.take(each, nowMs);
}

function arrivalsOf(committee: Committee, { tag, value }: TraceInput): Arrival[] {
  const { block, proposal, prevotes, precommits, certificate, kind, round, ...flags } =
    value as unknown as InputValue;
  const at = (input: ConsensusInput, nowMs = NOW_MS): Arrival => ({ input, nowMs });
  switch (tag) {
    case 'WorkAvailable':
      return [at({ type: 'work_available' })];
    case 'Built': {
      const made = committee.verdict(block);
      return [at({ type: 'built', height: 1, round: made.round, block: made })];
    }
    case 'BlockReady':
      return [at({ type: 'block_ready', block: committee.verdict(block) })];
    case 'ProposalReceived': {
      const message = { kind: 'proposal', proposal: committee.proposal(proposal) } as const;
      const heard = at({ type: 'message', peer: null, message }, flags.timely ? NOW_MS : NOW_MS + LATE_MS);
      const ready = at({ type: 'block_ready', block: committee.verdict(proposal.block) });
      return flags.withBlock ? [ready, heard] : [heard];
    }
    case 'VotesReceived': {
      const votes = [
        ...prevotes.map((vote) => committee.vote('prevote', vote)),
        ...precommits.map((vote) => committee.vote('precommit', vote)),
      ];
      return [at({ type: 'message', peer: null, message: { kind: 'votes', votes } })];
    }
    case 'PolkaReceived': {
      const message = { kind: 'polka', certificate: committee.polka(certificate) } as const;
      return [at({ type: 'message', peer: null, message })];
    }
    case 'CommitReceived': {
      const message = { kind: 'commit', certificate: committee.commit(certificate) } as const;
      return [at({ type: 'message', peer: null, message })];
    }
    case 'DecidedReceived': {
      const verdict = committee.verdict(certificate.block);
      return [at({ type: 'decided', certificate: committee.commit(certificate), block: verdict })];
    }
    case 'Timeout':
      return [at({ type: 'timeout', timer: { kind, height: 1, round } })];
    default:
      throw new Error(`the model has an input that the replay does not know: ${tag}`);
  }
}
