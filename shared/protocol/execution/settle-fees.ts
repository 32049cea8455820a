/**
 * @module Fees after a block: a part is burned for ever, the rest is the proposer's and its stakers'. Nothing is
 * ever minted.
 */
import type { ConsensusKey } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import type { Overlay } from '../state/overlay.ts';
import { creditAccount, splitReward } from '../state/rewards.ts';
import { burn } from '../state/supply.ts';
import { validatorOf, writeValidator } from '../state/validator-record.ts';

const BPS = 10_000n;

/**
 * burned = floor(fees * fee_burn_bps / 10000). Of the rest the operator of the proposer gets the commission, its stakers get
 * theirs by shares when they ask, and the operator what cannot be divided. Native units.
 */
export function settleFees(
  overlay: Overlay,
  params: ChainParams,
  feesTotal: bigint,
  proposer: ConsensusKey,
): void {
  if (feesTotal === 0n) return;
  const burned = (feesTotal * BigInt(params.feeBurnBps)) / BPS;
  burn(overlay, burned);
  const before = validatorOf(overlay, proposer);
  const { record, operatorUnits } = splitReward(before, feesTotal - burned);
  if (record !== before) writeValidator(overlay, proposer, record);
  creditAccount(overlay, record.operator, operatorUnits);
}
