/** @module Proposals: who may make one, and what must hold between a proposal and its block. */
import type { ConsensusKey, HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { electProposer } from '../validators/stake-lottery.ts';
import type { ValidatorSet } from '../validators/validator-set.ts';
import type { SignedProposal } from './message.ts';

/** Growth of the tolerated delay of a proposal per round, in tenths. */
const DELAY_GROWTH_TENTHS = 1;

/** A proposal with the local time at which it first came. */
export interface KnownProposal {
  readonly proposal: SignedProposal;
  readonly receivedMs: number;
}

/** What execution said about a block, and the fields of its header that consensus compares. */
export interface BlockVerdict {
  readonly hash: HashHex;
  /** Every rule holds and every root matches. */
  readonly valid: boolean;
  readonly round: number;
  readonly timeMs: number;
}

/** The height whose proposers are asked for. */
export interface ElectionOfHeight {
  readonly validators: ValidatorSet;
  readonly params: Pick<ChainParams, 'proposerSelection'>;
  readonly parent: { readonly hash: HashHex };
}

/** The key whose turn it is. */
export function proposerKey({ validators, params, parent }: ElectionOfHeight, round: number): ConsensusKey {
  const election = { selection: params.proposerSelection, parentHash: parent.hash, round };
  return electProposer(validators, election).consensusKey;
}

/** A new block carries the round of its proposal; a repeated one carries a round that is not above its polka. */
export function roundsAgree(proposal: SignedProposal, block: BlockVerdict): boolean {
  if (proposal.polRound === null) return block.round === proposal.round;
  return proposal.polRound < proposal.round && block.round <= proposal.polRound;
}

/**
 * Whether the time of a new block fits the local time of its arrival: not from the future, and not older than a
 * message may take. Repeated blocks are not asked again.
 */
export function isTimely(params: ChainParams, known: KnownProposal, block: BlockVerdict): boolean {
  const { precisionMs, messageDelayMs } = params;
  const { receivedMs, proposal } = known;
  const delayMs = Math.floor((messageDelayMs * (10 + DELAY_GROWTH_TENTHS * proposal.round)) / 10);
  return block.timeMs <= receivedMs + precisionMs && block.timeMs >= receivedMs - delayMs - precisionMs;
}
