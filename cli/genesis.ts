/** @module A genesis for a chain of authorities, as `atoll init` and the devnet make it. */

import { nativeVerifier } from '../shared/native/verifier.ts';
import { DEFAULT_PARAMS } from '../shared/protocol/block/params.ts';
import type { Signer } from '../shared/protocol/crypto/verifier.ts';
import { checkGenesis, GENESIS_VERSION, makeAuthority } from '../shared/protocol/genesis/check.ts';
import type { Genesis, GenesisAllocation } from '../shared/protocol/genesis/genesis.ts';
import type { Address } from '../shared/protocol/primitives/brand.ts';
import { parseChainId } from '../shared/protocol/primitives/chain-id.ts';
import type { ChainParams } from '../shared/protocol/primitives/chain-params.ts';

/** An authority beside the first. */
export interface NewAuthority {
  readonly validator: Signer;
  readonly validatorName: string;
  readonly operator: Address;
}

/** What differs between one new chain and the next. Clock and randomness come from the caller. */
export interface NewGenesis extends NewAuthority {
  readonly chainId: string;
  /** Authorities after the first one; default none. */
  readonly others?: readonly NewAuthority[];
  readonly allocations: readonly GenesisAllocation[];
  readonly params?: Partial<ChainParams>;
  readonly timeMs: number;
  /** 16 random bytes. */
  readonly salt: Uint8Array;
}

/** Makes and checks a genesis. @throws ProtocolError for a bad chain id, GenesisError for what no chain can start from. */
export function makeGenesis(options: NewGenesis): Genesis {
  const chainId = parseChainId(options.chainId);
  const genesis: Genesis = {
    version: GENESIS_VERSION,
    chainId,
    chainType: 'default',
    timeMs: options.timeMs,
    salt: options.salt,
    params: { ...DEFAULT_PARAMS, ...options.params },
    authorities: [options, ...(options.others ?? [])].map(({ validator, operator, validatorName }) =>
      makeAuthority(chainId, validator, operator, validatorName),
    ),
    allocations: options.allocations,
    parties: [],
    forkOf: null,
  };
  checkGenesis(genesis, nativeVerifier);
  return genesis;
}
