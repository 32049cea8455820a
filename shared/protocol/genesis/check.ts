/** @module Whether a chain can start from a genesis. Every rule has a code of its own. */
import type { Signer, Verifier } from '../crypto/verifier.ts';
import { AMOUNT_MAX } from '../primitives/amount.ts';
import type { Address, ChainId, ConsensusKey } from '../primitives/brand.ts';
import { consensusKeyFromBytes } from '../primitives/consensus-key.ts';
import { isPossessionProved, isUsableConsensusKey, popSignBytes } from '../validators/possession.ts';
import { checkParams } from './check-params.ts';
import { GenesisError } from './errors.ts';
import type { Genesis, GenesisAuthority } from './genesis.ts';

/** The version of genesis and rules that this code runs. */
export const GENESIS_VERSION = 1;
/** Parties, and so validators, of a bilateral chain. */
export const BILATERAL_PARTIES = 2;

/** An authority of a genesis that is being made, with its proof of possession. */
export function makeAuthority(
  chainId: ChainId,
  signer: Signer,
  operator: Address,
  name: string,
): GenesisAuthority {
  const consensusKey = consensusKeyFromBytes(signer.publicKey);
  return { consensusKey, operator, name, pop: signer.sign(popSignBytes(chainId, consensusKey, operator)) };
}

/** Throws the {@link GenesisError} of the first rule that is broken. */
export function checkGenesis(genesis: Genesis, verifier: Verifier): void {
  if (genesis.version !== GENESIS_VERSION) {
    const details = { expected: GENESIS_VERSION, actual: genesis.version };
    throw new GenesisError('GENESIS_VERSION_UNKNOWN', `version ${genesis.version} is not known`, details);
  }
  checkParams(genesis.params);
  checkAuthorities(genesis, verifier);
  checkAllocations(genesis);
  checkParties(genesis);
}

function checkAuthorities(genesis: Genesis, verifier: Verifier): void {
  const { authorities, params } = genesis;
  if (authorities.length === 0 || authorities.length > params.maxValidators) {
    const details = { actual: authorities.length, max: params.maxValidators };
    throw new GenesisError(
      'GENESIS_AUTHORITY_COUNT',
      `from 1 to ${params.maxValidators} authorities`,
      details,
    );
  }
  const seen = new Set<ConsensusKey>();
  for (const [index, authority] of authorities.entries()) {
    const details = { field: `authorities[${index}]` };
    if (seen.has(authority.consensusKey)) {
      throw new GenesisError('GENESIS_AUTHORITY_DUPLICATE', 'each consensus key stands once', details);
    }
    seen.add(authority.consensusKey);
    if (!isUsableConsensusKey(authority.consensusKey)) {
      throw new GenesisError('GENESIS_AUTHORITY_KEY', 'not a usable consensus key', details);
    }
    if (!isPossessionProved({ chainId: genesis.chainId, ...authority }, authority.pop, verifier)) {
      throw new GenesisError('GENESIS_POP_INVALID', 'the proof of possession does not verify', details);
    }
  }
}

function checkAllocations({ allocations, authorities, params }: Genesis): void {
  const funded = new Set<Address>();
  let supply = 0n;
  for (const [index, { address, amount }] of allocations.entries()) {
    const details = { field: `allocations[${index}]` };
    if (funded.has(address)) {
      throw new GenesisError('GENESIS_ALLOCATION_DUPLICATE', `${address} stands twice`, details);
    }
    if (amount === 0n)
      throw new GenesisError('GENESIS_ALLOCATION_ZERO', 'an allocation is at least 1 unit', details);
    funded.add(address);
    supply += amount;
    if (supply > AMOUNT_MAX) {
      throw new GenesisError('GENESIS_SUPPLY_OVERFLOW', `the supply exceeds ${AMOUNT_MAX}`, details);
    }
  }
  if (params.minFee === 0n) return;
  for (const [index, { operator }] of authorities.entries()) {
    if (funded.has(operator)) continue;
    const details = { field: `authorities[${index}].operator` };
    throw new GenesisError('GENESIS_OPERATOR_UNFUNDED', `${operator} owns nothing to pay fees with`, details);
  }
}

/** A bilateral chain is run and used by exactly its two parties; other chains are open. */
function checkParties({ chainType, parties, authorities }: Genesis): void {
  const details = { field: 'parties' };
  if (chainType !== 'bilateral') {
    if (parties.length === 0) return;
    throw new GenesisError('GENESIS_PARTIES_INVALID', 'only a bilateral chain names parties', details);
  }
  if (parties.length !== BILATERAL_PARTIES || new Set(parties).size !== parties.length) {
    throw new GenesisError('GENESIS_PARTIES_INVALID', 'a bilateral chain has two different parties', details);
  }
  const operators = new Set(authorities.map(({ operator }) => operator));
  if (authorities.length !== BILATERAL_PARTIES || !parties.every((party) => operators.has(party))) {
    throw new GenesisError(
      'GENESIS_PARTIES_INVALID',
      'each party operates one of the two authorities',
      details,
    );
  }
}
