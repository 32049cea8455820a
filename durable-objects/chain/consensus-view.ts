/** @module How consensus stands, for whoever asks: made from the state of the machine, changing nothing. */
import type {
  CastVote,
  ConsensusView,
  SigningView,
  ValidatorName,
} from '../../shared/api/consensus-views.ts';
import { proposerKey } from '../../shared/protocol/consensus/proposal.ts';
import type { ConsensusState } from '../../shared/protocol/consensus/state.ts';
import { type VoteRow, votesOf } from '../../shared/protocol/consensus/vote-keeper.ts';
import type { ConsensusKey } from '../../shared/protocol/primitives/brand.ts';
import type { Validator, ValidatorSet } from '../../shared/protocol/validators/validator-set.ts';

/** The open height. `sinceMs` is when the step was entered; `peers` are the keys of linked validators. */
export function consensusView(
  state: ConsensusState,
  sinceMs: number,
  peers: readonly ConsensusKey[],
  signing: SigningView,
): ConsensusView {
  const { height, round, step, validators, locked, valid, votes } = state;
  const prevotes = votesOf(votes, round, 'prevote');
  const precommits = votesOf(votes, round, 'precommit');
  return {
    height,
    round,
    step,
    proposer: proposerKey(state, round),
    since_ms: sinceMs,
    validators_total: validators.length,
    prevotes: castVotes(validators, prevotes),
    precommits: castVotes(validators, precommits),
    missing: missingIn(state, prevotes, precommits).map(nameOf),
    locked,
    valid,
    peers: peers.map((peer) => nameOf(validators.find(({ consensusKey }) => consensusKey === peer) ?? peer)),
    signing,
  };
}

/** Whoever has precommitted has passed the prevote, whether that is here or not. */
function missingIn(
  { step, validators }: ConsensusState,
  prevotes: VoteRow,
  precommits: VoteRow,
): Validator[] {
  if (step === 'idle' || step === 'decided') return [];
  const hasVoted = (index: number) =>
    precommits[index] != null || (step !== 'precommit' && prevotes[index] != null);
  return validators.filter((_, index) => !hasVoted(index));
}

function castVotes(validators: ValidatorSet, row: VoteRow): CastVote[] {
  return validators.flatMap((validator, index) => {
    const vote = row[index] ?? null;
    return vote === null ? [] : [{ ...nameOf(validator), block_hash: vote.blockHash }];
  });
}

function nameOf(validator: Validator | ConsensusKey): ValidatorName {
  return typeof validator === 'string'
    ? { consensus_key: validator, name: '' }
    : { consensus_key: validator.consensusKey, name: validator.name };
}
