/** @module The genesis as a value: everything that fixes a chain before its first block. Bytes in `encode.ts`. */
import type { Address, ChainId, ConsensusKey, HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';

export const CHAIN_TYPES = { default: 0, bilateral: 1, micro: 2 } as const;
export type ChainType = keyof typeof CHAIN_TYPES;
export interface GenesisAuthority {
  readonly consensusKey: ConsensusKey;
  readonly operator: Address;
  readonly name: string;
  /** Proof of possession of the consensus key, 64 bytes. */
  readonly pop: Uint8Array;
}

export interface GenesisAllocation {
  readonly address: Address;
  readonly amount: bigint;
}

export interface GenesisFork {
  readonly genesisHash: HashHex;
  readonly height: number;
  readonly blockHash: HashHex;
  readonly stateRoot: HashHex;
}

export interface Genesis {
  readonly version: number;
  readonly chainId: ChainId;
  readonly chainType: ChainType;
  readonly timeMs: number;
  /** 16 random bytes: nothing signed for an earlier chain of the same name replays. */
  readonly salt: Uint8Array;
  readonly params: ChainParams;
  readonly authorities: readonly GenesisAuthority[];
  readonly allocations: readonly GenesisAllocation[];
  /** Only these may transact and read; empty = everyone. */
  readonly parties: readonly Address[];
  readonly forkOf: GenesisFork | null;
}
