/**
 * @module Fees after a block: a part is burned for ever, the rest is the proposer's. Nothing is ever
 * minted.
 */
import type { Address } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { readAccount, writeAccount } from '../state/account.ts';
import type { Overlay } from '../state/overlay.ts';
import { encodeSupply, readSupply, SUPPLY_BURNED, SUPPLY_NAMESPACE } from '../state/supply.ts';

const BPS = 10_000n;

/**
 * burned = floor(fees * fee_burn_bps / 10000); the rest goes to the proposer's operator, whose account may
 * open with it. Native units. The sum of all accounts and what was burned stays the supply of genesis.
 */
export function settleFees(
  overlay: Overlay,
  params: ChainParams,
  feesTotal: bigint,
  operator: Address,
): void {
  const burned = (feesTotal * BigInt(params.feeBurnBps)) / BPS;
  const burnedBefore = readSupply(overlay, SUPPLY_BURNED);
  overlay.set(SUPPLY_NAMESPACE, SUPPLY_BURNED, encodeSupply(burnedBefore + burned));
  const { nonce, balance } = readAccount(overlay, operator);
  writeAccount(overlay, operator, { nonce, balance: balance + feesTotal - burned });
}
