/** @module Elections of random sets against their definition, written once more with other means. */
import { createHash } from 'node:crypto';
import { sha256Hex } from '../../../../shared/protocol/crypto/hashing.ts';
import { fromHex } from '../../../../shared/protocol/primitives/bytes.ts';
import { VOTING_POWER_TOTAL } from '../../../../shared/protocol/primitives/limits.ts';
import {
  advancePriorities,
  proposerAt,
  renewValidatorSet,
} from '../../../../shared/protocol/validators/proposer-selection.ts';
import { drawProposer } from '../../../../shared/protocol/validators/stake-lottery.ts';
import type { Validator } from '../../../../shared/protocol/validators/validator-set.ts';
import type { Random } from '../../random.ts';
import { calmScenario } from '../../scenario.ts';
import { Violation } from '../../violation.ts';
import { World } from '../../world.ts';
import { drill } from './drill.ts';

const TURNS = 200;
const DRAWS = 6;

/** A set of two to seven with random powers; keys are real, as ties go by them. */
function aSet(random: Random): Validator[] {
  const size = random.between(2, 7);
  const keys = [...new World({ ...calmScenario(1, 1), nodes: size }).keys].sort();
  // Now and then all are equal, so that keys decide.
  const weights = keys.map(() => (size % 2 === 0 ? 1 : random.between(1, 50)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const powers = weights.map((weight) => Math.floor((VOTING_POWER_TOTAL * weight) / sum));
  powers[0] = (powers[0] ?? 0) + VOTING_POWER_TOTAL - powers.reduce((total, power) => total + power, 0);
  const operator = `0x${'00'.repeat(20)}` as Validator['operator'];
  return keys.map((consensusKey, index) => {
    return { consensusKey, operator, name: `${index}`, power: powers[index] ?? 0, priority: 0 };
  });
}

/** Names in the order of their turns: add power, take the highest, of equals the lowest key, subtract the total. */
export function turnsAsDefined(set: readonly Validator[], turns: number): string[] {
  const total = set.reduce((sum, { power }) => sum + BigInt(power), 0n);
  const state = set.map(({ name, consensusKey, power, priority }) => ({
    name,
    consensusKey,
    power: BigInt(power),
    priority: BigInt(priority),
  }));
  return Array.from({ length: turns }, () => {
    for (const each of state) each.priority += each.power;
    const [first] = state.toSorted((left, right) =>
      left.priority === right.priority
        ? left.consensusKey < right.consensusKey
          ? -1
          : 1
        : left.priority > right.priority
          ? -1
          : 1,
    );
    if (first === undefined) throw new Error('a set is never empty');
    first.priority -= total;
    return first.name;
  });
}

function checkTurns(set: readonly Validator[]): void {
  const turns: string[] = [];
  let moved = set;
  for (let turn = 0; turn < TURNS; turn++) {
    turns.push(proposerAt(moved, 0).name);
    moved = advancePriorities(moved, 1);
  }
  for (const { name, power } of set) {
    const share = (TURNS * power) / VOTING_POWER_TOTAL;
    const had = turns.filter((each) => each === name).length;
    if (Math.abs(had - share) > set.length)
      throw new Violation('turns_by_power', `validator ${name} had ${had} turns instead of ${share}`);
  }
  const defined = turnsAsDefined(set, TURNS);
  if (turns.join() !== defined.join())
    throw new Violation('turns_as_defined', `${turns.slice(0, 12)} instead of ${defined.slice(0, 12)}`);
  const rounds = Array.from({ length: 20 }, (_, round) => proposerAt(set, round).name);
  if (rounds.join() !== defined.slice(0, 20).join())
    throw new Violation('rounds_take_turns', `${rounds} instead of ${defined.slice(0, 20)}`);
}

/** Who leaves and comes back has gained no turn by it. */
function checkNewcomer(random: Random, set: readonly Validator[]): void {
  const [leaver, ...stayers] = random.sample(set, set.length);
  if (leaver === undefined || stayers.length === 0) return;
  const without = renewValidatorSet(set, stayers.toSorted(byKey));
  const again = renewValidatorSet(without, [...set].sort(byKey));
  const total = set.reduce((sum, { power }) => sum + power, 0);
  const wait = again.find(({ name }) => name === leaver.name)?.priority ?? 0;
  const others = again.filter(({ name }) => name !== leaver.name).map(({ priority }) => priority);
  if (wait > Math.max(...others) - total)
    throw new Violation('newcomers_wait', `priority ${wait} among ${others}`);
}

function byKey(left: Validator, right: Validator): number {
  return left.consensusKey < right.consensusKey ? -1 : 1;
}

/** The lot nearest to the target wins, of equals the lowest key. */
function winnerAsDefined(set: readonly Validator[], parent: Uint8Array, round: number): string | undefined {
  const word = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
  const hash = (...parts: Uint8Array[]) =>
    BigInt(`0x${createHash('sha256').update(Buffer.concat(parts)).digest('hex')}`);
  const target = hash(parent, word(round));
  const lots = set.flatMap(({ consensusKey, power, name }) =>
    Array.from({ length: Math.ceil((1_000 * power) / VOTING_POWER_TOTAL) }, (_, lot) => {
      const distance = hash(parent, word(round), fromHex(consensusKey), word(lot)) - target;
      return { name, distance: distance < 0n ? -distance : distance };
    }),
  );
  return lots.reduce((best, lot) => (lot.distance < best.distance ? lot : best)).name;
}

export const elections = drill((random) => {
  const set = aSet(random);
  checkTurns(set);
  checkNewcomer(random, set);
  for (let draw = 0; draw < DRAWS; draw++) {
    const parent = sha256Hex(Uint8Array.of(random.below(256), random.below(256)));
    const round = random.below(4);
    const winner = drawProposer(set, parent, round).name;
    if (winner !== winnerAsDefined(set, fromHex(parent), round))
      throw new Violation('lottery_as_defined', `validator ${winner} in round ${round} after ${parent}`);
  }
});
