/** @module Where and when a transaction is applied. */
import type { ChainId } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';

export interface BlockEnvironment {
  readonly chainId: ChainId;
  readonly height: number;
  /** Time of the block, milliseconds since 1970. */
  readonly timeMs: number;
  /** Those in force for this block. */
  readonly params: ChainParams;
  /** True on a chain between parties: its validators never change. */
  readonly isSetFixed: boolean;
}
