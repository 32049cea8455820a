/** @module Laws of what is counted of consensus, and of how the open height is shown. */
import { describe, expect, it } from 'vitest';
import { newCounters, withBlock } from '../../../durable-objects/chain/chain-counters.ts';
import { ConsensusMeter } from '../../../durable-objects/chain/consensus-meter.ts';
import { consensusView } from '../../../durable-objects/chain/consensus-view.ts';
import type { SigningView } from '../../../shared/api/consensus-views.ts';
import { DEFAULT_PARAMS } from '../../../shared/protocol/block/params.ts';
import type { ConsensusEvent } from '../../../shared/protocol/consensus/effect.ts';
import type { SignedVote, VoteType } from '../../../shared/protocol/consensus/message.ts';
import type { ConsensusState } from '../../../shared/protocol/consensus/state.ts';
import { addVote, emptyVotes } from '../../../shared/protocol/consensus/vote-keeper.ts';
import type { Address, ConsensusKey, HashHex } from '../../../shared/protocol/primitives/brand.ts';

const SIGNING = { status: 'ready' } as SigningView;
const HASH = `0x${'ab'.repeat(32)}` as HashHex;
const KEYS = [1, 2, 3, 4].map((index) => `0x${`0${index}`.repeat(32)}` as ConsensusKey);
const key = (index: number): ConsensusKey => KEYS[index] as ConsensusKey;

const round = (height: number, number: number): ConsensusEvent => ({
  name: 'new_round',
  height,
  round: number,
  proposer: key(0),
});
const proposal = (number: number): ConsensusEvent => ({
  name: 'proposal',
  height: 1,
  round: number,
  hash: HASH,
});
const commit = (number: number): ConsensusEvent => ({ name: 'commit', height: 1, round: number, hash: HASH });

describe('the meter', () => {
  it('measures each round to its end and the quorum from the first sight of its proposal', () => {
    const meter = new ConsensusMeter();
    meter.take(round(1, 0), 1_000);
    meter.take(proposal(0), 1_100);
    meter.take(round(1, 1), 4_000);
    meter.take(proposal(1), 4_200);
    meter.take(proposal(1), 4_300);
    meter.take(commit(1), 4_500);
    expect(meter.drain()).toEqual({ roundDurationSeconds: [3, 0.5], quorumDelaySeconds: [0.3] });
    expect(meter.drain()).toEqual({ roundDurationSeconds: [], quorumDelaySeconds: [] });
  });

  it('says nothing of a height whose beginning it has not seen', () => {
    const meter = new ConsensusMeter();
    meter.take(commit(0), 9_000);
    expect(meter.drain()).toEqual({ roundDurationSeconds: [], quorumDelaySeconds: [] });
  });

  it('does not take a proposal of one height for that of the next', () => {
    const meter = new ConsensusMeter();
    meter.take(proposal(0), 1_000);
    meter.take(commit(0), 1_500);
    meter.take(commit(0), 9_000);
    expect(meter.drain().quorumDelaySeconds).toEqual([0.5]);
  });
});

describe('the counters', () => {
  const block = { transactions: 2, rounds: 1, finalitySeconds: [], validators: KEYS, isImported: false };
  const durations = { quorumDelaySeconds: [0.01], roundDurationSeconds: [0.02] };

  it('count who is missing, for as long as it is in the set', () => {
    let counters = withBlock(newCounters(), { ...block, ...durations, missing: [key(1), key(2)] });
    counters = withBlock(counters, { ...block, ...durations, missing: [key(1)] });
    expect(counters.missing).toEqual([key(1)]);
    expect(counters.missed).toEqual({ [key(1)]: 2, [key(2)]: 1 });
    counters = withBlock(counters, { ...block, ...durations, missing: [], validators: [key(0), key(2)] });
    expect(counters.missed).toEqual({ [key(2)]: 1 });
    expect(counters).toMatchObject({ transactions: 6, rounds: 3, lastRounds: 1, doubleSignsPrevented: 0 });
    expect(counters.quorumDelaySeconds).toMatchObject({ count: 3 });
    expect(counters.roundDurationSeconds).toMatchObject({ count: 3 });
  });
});

describe('the view of the open height', () => {
  const validators = KEYS.map((consensusKey, index) => ({
    consensusKey,
    operator: `0x${'00'.repeat(20)}` as Address,
    name: `v${index}`,
    power: 250_000_000,
    priority: index === 0 ? 1 : 0,
  }));
  const vote = (type: VoteType, validator: number, blockHash: HashHex | null): SignedVote => ({
    type,
    height: 7,
    round: 0,
    blockHash,
    polRound: null,
    validator,
    signature: new Uint8Array(64),
  });
  function aState(step: ConsensusState['step'], votes: readonly SignedVote[]): ConsensusState {
    const keeper = votes.reduce((known, one) => addVote(known, one, 8).keeper, emptyVotes(4));
    const state: Partial<ConsensusState> = {
      height: 7,
      round: 0,
      step,
      validators,
      params: DEFAULT_PARAMS,
      parent: { hash: HASH, timeMs: 0 },
      votes: keeper,
      locked: null,
      valid: { round: 0, hash: HASH },
    };
    return state as ConsensusState;
  }
  const missing = (state: ConsensusState) =>
    consensusView(state, 5, [], SIGNING).missing.map(({ name }) => name);

  it('names the votes of this round that are here, and what they are for', () => {
    const state = aState('prevote', [vote('prevote', 0, HASH), vote('prevote', 2, null)]);
    expect(consensusView(state, 5, [key(3)], SIGNING)).toMatchObject({
      height: 7,
      round: 0,
      step: 'prevote',
      since_ms: 5,
      validators_total: 4,
      prevotes: [
        { consensus_key: key(0), name: 'v0', block_hash: HASH },
        { consensus_key: key(2), name: 'v2', block_hash: null },
      ],
      precommits: [],
      valid: { round: 0, hash: HASH },
      peers: [{ consensus_key: key(3), name: 'v3' }],
    });
  });

  it('names who is missing in the step, nobody while idle', () => {
    const votes = [vote('prevote', 0, HASH), vote('prevote', 1, HASH), vote('precommit', 2, HASH)];
    expect(missing(aState('idle', []))).toEqual([]);
    expect(missing(aState('propose', []))).toEqual(['v0', 'v1', 'v2', 'v3']);
    expect(missing(aState('prevote', votes))).toEqual(['v3']);
    expect(missing(aState('precommit', votes))).toEqual(['v0', 'v1', 'v3']);
  });
});
