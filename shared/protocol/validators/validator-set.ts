/** @module Who may sign blocks and with what weight. */
import type { Address, ConsensusKey } from '../primitives/brand.ts';

export interface Validator {
  readonly consensusKey: ConsensusKey;
  /** Account that receives fees and pays for relays. */
  readonly operator: Address;
  readonly name: string;
  /** Share of 10^9. Never 0 inside a set. */
  readonly power: number;
  /** Proposer priority of the weighted round robin; may be negative. */
  readonly priority: number;
}

/** Ascending by consensus key; indices and bitmaps follow this order. */
export type ValidatorSet = readonly Validator[];

/** Sum of the voting power of a set: 10^9 for every set made by `voting-power.ts`. */
export function totalPower(set: readonly Pick<Validator, 'power'>[]): number {
  let total = 0;
  for (const validator of set) total += validator.power;
  return total;
}

/** Order of validators everywhere: ascending by key. Lower-case hex sorts as its bytes do. */
export function compareKeys(left: ConsensusKey, right: ConsensusKey): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
