/** @module What stays the same for every block of one chain. */
import type { Address, ChainId, HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import type { TransactionRegistry } from '../transaction/define-transaction.ts';

/** The part of a genesis that execution reads; a whole genesis fits. */
export interface ChainRules {
  readonly chainId: ChainId;
  /** Milliseconds since 1970: the parent time of height 1. */
  readonly timeMs: number;
  readonly params: ChainParams;
  /** Only these may transact; empty = everyone. */
  readonly parties: readonly Address[];
}

/** One chain and the transaction types it knows. */
export interface ChainContext {
  readonly genesis: ChainRules;
  /** Scope of everything signed on this chain, and the parent hash of height 1. */
  readonly genesisHash: HashHex;
  /** The transaction types of this chain, own ones included. */
  readonly registry: TransactionRegistry;
}
