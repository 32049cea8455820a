import { describe, expect, it } from 'vitest';
import { toHex } from '../../shared/protocol/primitives/bytes.ts';
import type { Behaviour } from './behaviour.ts';
import { silent } from './byzantine/silent.ts';
import { type Frame, messageIn } from './frame.ts';
import type { CrashPoint } from './node.ts';
import type { Random } from './random.ts';
import { calmScenario } from './scenario.ts';
import { Simulation } from './simulation.ts';
import { Statistics } from './statistics.ts';

const HEIGHTS = 3;
const HOW: readonly CrashPoint[] = ['before_persist', 'after_persist', 'half_sent'];

/** The signatures of one node in a frame, by what they stand for. */
function statementsIn(frame: Frame, self: number | null): [position: string, signature: string][] {
  if (frame.kind !== 'consensus') return [];
  const message = messageIn(frame.bytes);
  if (message.kind === 'proposal') {
    const { height, round, signature } = message.proposal;
    return [[`proposal ${height}/${round}`, toHex(signature)]];
  }
  if (message.kind !== 'votes') return [];
  const own = message.votes.filter(({ validator }) => validator === self);
  return own.map(({ type, height, round, signature }) => [`${type} ${height}/${round}`, toHex(signature)]);
}

/** Runs with one crash of `node`; false if the run ends before it. */
function crashOnce(
  node: number,
  plan: { turn: number; how: CrashPoint },
  byzantine: Map<number, (random: Random) => Behaviour>,
  statistics: Statistics,
): boolean {
  const simulation = new Simulation(calmScenario(7, HEIGHTS, byzantine));
  const target = simulation.nodes[node];
  if (target === undefined) throw new Error('four nodes');
  target.crashPlan = plan;
  const said = new Map<string, string>();
  const saidAgain = new Set<string>();
  /** What is durable of the open height, and so must be said by the next life. */
  const owed: string[] = [];
  let heightOfCrash = 0;
  simulation.taps.down = () => {
    const record = target.storage.record();
    heightOfCrash = target.height + 1;
    if (record === null || record.height !== heightOfCrash) return;
    const { height, round, proposal, votes } = record;
    if (proposal !== null) owed.push(`proposal ${height}/${round}`);
    for (const vote of votes) owed.push(`${vote.type} ${height}/${vote.round}`);
  };
  simulation.taps.sent = (from, frame) => {
    if (from !== node) return;
    for (const [position, signature] of statementsIn(frame, target.state.self)) {
      expect(said.get(position) ?? signature, `${position} is said with the same bytes`).toBe(signature);
      said.set(position, signature);
      if (heightOfCrash > 0) saidAgain.add(position);
    }
  };
  simulation.run();
  statistics.merge(simulation.statistics.counts);
  expect(owed.filter((position) => !saidAgain.has(position))).toEqual([]);
  return target.crashPlan === null;
}

/** Places one crash at each turn of `node` that writes; the number of places. */
function crashEverywhere(
  node: number,
  how: CrashPoint,
  isOneSilent: boolean,
  statistics: Statistics,
): number {
  const byzantine = new Map<number, (random: Random) => Behaviour>();
  if (isOneSilent) byzantine.set((node + 1) % 4, silent);
  let turn = 1;
  while (crashOnce(node, { turn, how }, byzantine, statistics)) turn++;
  return turn - 1;
}

describe('a crash at every boundary of writing and sending', () => {
  it.each(HOW)(
    '%s: no node signs twice, what was signed is said again, and the chain goes on',
    (how) => {
      const statistics = new Statistics();
      for (let node = 0; node < 4; node++) {
        // Each node votes in all heights, so at least two turns write per height.
        expect(crashEverywhere(node, how, false, statistics)).toBeGreaterThanOrEqual(2 * HEIGHTS);
        // With one validator silent, there are rounds beyond the first, with locks and time-outs.
        expect(crashEverywhere(node, how, true, statistics)).toBeGreaterThanOrEqual(2 * HEIGHTS);
      }
      // In either role, and after each kind of step.
      for (const role of ['proposer', 'voter'] as const) {
        for (const step of ['prevote', 'precommit', 'idle'] as const)
          expect(statistics.get(`crashed_as/${role} in ${step}`), `${role} in ${step}`).toBeGreaterThan(0);
      }
      expect(statistics.get('crashed_as/voter in propose')).toBeGreaterThan(0);
    },
    120_000,
  );
});
