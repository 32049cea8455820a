/**
 * @module The real machine of one of four on random votes, proposals and time-outs, judged by what it was told: rules that
 * only bring a network on, which a simulation may do without for long.
 */
import type { SignedVote, VoteType } from '../../../../shared/protocol/consensus/message.ts';
import type { HashHex } from '../../../../shared/protocol/primitives/brand.ts';
import { block, Machine, vote } from '../../../shared/protocol/consensus/machine.ts';
import type { Random } from '../../random.ts';
import { Violation } from '../../violation.ts';
import { drill } from './drill.ts';

const INPUTS = 80;
const OTHERS = [1, 2, 3];
const ROUNDS_AHEAD = 3;

/** What was told and said: one vote per validator, round and type. */
class Told {
  readonly #votes = new Map<string, SignedVote>();

  /** The vote of another, the same whenever it is told. */
  vote(random: Random, type: VoteType, validator: number, round: number): SignedVote {
    const id = `${type}/${round}/${validator}`;
    const known = this.#votes.get(id);
    if (known !== undefined) return known;
    // Precommits for blocks would end the height.
    const isForBlock = type === 'prevote' && random.chance(0.7);
    const made = vote(type, validator, round, isForBlock ? block(`${round}`) : null);
    this.#votes.set(id, made);
    return made;
  }

  own(votes: readonly SignedVote[]): void {
    for (const each of votes) this.#votes.set(`${each.type}/${each.round}/0`, each);
  }

  /** The highest round that two of four have reached, which is more than a third. */
  get reached(): number {
    const highest = [0, ...OTHERS].map((validator) =>
      Math.max(
        0,
        ...[...this.#votes.values()].filter((each) => each.validator === validator).map(({ round }) => round),
      ),
    );
    return highest.sort((left, right) => right - left)[1] ?? 0;
  }

  /** The newest round below `round` in which three of four prevoted a block that is known, or -1. */
  polkaBelow(round: number, known: ReadonlyMap<HashHex, unknown>): number {
    for (let below = round - 1; below >= 0; below--) {
      const hash = block(`${below}`);
      const prevotes = [0, ...OTHERS].filter(
        (validator) => this.#votes.get(`prevote/${below}/${validator}`)?.blockHash === hash,
      );
      if (prevotes.length >= 3 && known.has(hash)) return below;
    }
    return -1;
  }
}

function judge({ state }: Machine, told: Told): void {
  const { round, locked, valid, ownVotes, blocks } = state;
  const last = ownVotes.findLast(({ type, blockHash }) => type === 'precommit' && blockHash !== null);
  if (locked?.round !== last?.round || locked?.hash !== (last?.blockHash ?? undefined))
    throw new Violation(
      'lock_is_last_precommit',
      `locked in ${locked?.round}, precommitted in ${last?.round}`,
    );
  if (round < told.reached)
    throw new Violation('a_third_moves_on', `in round ${round}, while two are in ${told.reached}`);
  const polka = told.polkaBelow(round, blocks);
  if ((valid?.round ?? -1) < polka)
    throw new Violation('late_polka_is_valid', `the valid block is of ${valid?.round}, a polka of ${polka}`);
}

export const machine = drill((random) => {
  const told = new Told();
  const tested = new Machine().take({ type: 'work_available' });
  for (let input = 0; input < INPUTS && tested.state.step !== 'decided'; input++) {
    const at = Math.max(0, tested.state.round + random.between(-2, random.chance(0.1) ? ROUNDS_AHEAD : 0));
    const some = random.sample(OTHERS, random.between(1, 2));
    switch (random.below(5)) {
      case 0:
        tested.propose(block(`${at}`), at, { headerRound: at });
        break;
      case 1:
        tested.votes(...some.map((each) => told.vote(random, 'precommit', each, at)));
        break;
      case 2:
        tested.timeout(random.pick(['propose', 'prevote', 'precommit'] as const));
        break;
      default:
        tested.votes(...some.map((each) => told.vote(random, 'prevote', each, at)));
    }
    told.own(tested.state.ownVotes);
    judge(tested, told);
  }
});
