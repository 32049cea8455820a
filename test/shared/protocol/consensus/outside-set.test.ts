import { describe, expect, it } from 'vitest';
import { DEFAULT_PARAMS } from '../../../../shared/protocol/block/params.ts';
import type { SignedVote } from '../../../../shared/protocol/consensus/message.ts';
import { start, step } from '../../../../shared/protocol/consensus/step.ts';
import { block, Machine, NOW_MS, VALIDATORS, vote } from './machine.ts';

const V = block('v');

/** A node with no key of the set, and what it does with votes of members. */
function outsider() {
  const context = { ...new Machine().context, signer: null };
  const parent = { hash: block('parent'), timeMs: NOW_MS - 10_000 };
  const height = { height: 1, validators: VALIDATORS, params: DEFAULT_PARAMS, parent, lastCommit: null };
  let { state, effects } = start(context, { height, record: null, blocks: [] }, NOW_MS);
  const hear = (...votes: SignedVote[]) => {
    const input = { type: 'message', peer: null, message: { kind: 'votes', votes } } as const;
    ({ state, effects } = step(context, state, input, NOW_MS));
    return { state, effects };
  };
  return { hear, state: () => state };
}

describe('a node outside the set', () => {
  it('follows nobody into a later round: it would run timers of rounds in which it has no part', () => {
    const { hear } = outsider();
    const { state, effects } = hear(vote('prevote', 1, 3, null), vote('prevote', 2, 3, null));
    expect(state).toMatchObject({ round: 0, step: 'idle' });
    expect(effects.filter(({ type }) => type === 'schedule' || type === 'persist')).toEqual([]);
  });

  it('arms no timer for precommits that disagree', () => {
    const { effects } = outsider().hear(...[1, 2, 3].map((index) => vote('precommit', index, 0, null)));
    expect(effects.filter(({ type }) => type === 'schedule')).toEqual([]);
  });

  it('asks for the block that two thirds precommitted in whatever round', () => {
    const { effects } = outsider().hear(...[1, 2, 3].map((index) => vote('precommit', index, 5, V)));
    expect(effects).toContainEqual({ type: 'request_block', hash: V });
  });
});
