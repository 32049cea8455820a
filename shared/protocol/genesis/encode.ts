/** @module Genesis bytes: CBOR of all fields as one array, defaults written out, and the hash that names the chain. */
import { paramsCodec } from '../block/params.ts';
import {
  addressCodec,
  amount,
  bytes,
  type Codec,
  CodecError,
  choice,
  consensusKeyCodec,
  decode,
  encode,
  hashCodec,
  list,
  mapped,
  nullable,
  text,
  tuple,
  uint,
} from '../codec/codec.ts';
import { hashDomain } from '../crypto/domains.ts';
import type { ChainId, HashHex } from '../primitives/brand.ts';
import { CHAIN_ID_LENGTH_MAX, CHAIN_ID_PATTERN, isChainId, parseChainId } from '../primitives/chain-id.ts';
import {
  GENESIS_ALLOCATIONS_MAX,
  GENESIS_BYTES_MAX,
  VALIDATOR_NAME_BYTES_MAX,
  VALIDATORS_MAX,
} from '../primitives/limits.ts';
import { GenesisError } from './errors.ts';
import {
  CHAIN_TYPES,
  type Genesis,
  type GenesisAllocation,
  type GenesisAuthority,
  type GenesisFork,
} from './genesis.ts';

/** Parties of a chain that is not open to everyone: two of a bilateral chain. */
export const GENESIS_PARTIES_MAX = 2;
/** Bytes of the salt. */
export const SALT_BYTES = 16;

const chainIdCodec: Codec<ChainId> = mapped(
  text({ max: CHAIN_ID_LENGTH_MAX, pattern: CHAIN_ID_PATTERN }),
  (id) => {
    if (!isChainId(id))
      throw new GenesisError('GENESIS_MALFORMED', `${id} is reserved`, { field: 'chain_id' });
    return parseChainId(id);
  },
  (id) => id,
);

const authorityCodec: Codec<GenesisAuthority> = tuple({
  consensusKey: consensusKeyCodec,
  operator: addressCodec,
  name: text({ max: VALIDATOR_NAME_BYTES_MAX }),
  pop: bytes(64),
});
const allocationCodec: Codec<GenesisAllocation> = tuple({ address: addressCodec, amount: amount() });
const forkCodec: Codec<GenesisFork> = tuple({
  genesisHash: hashCodec,
  height: uint(),
  blockHash: hashCodec,
  stateRoot: hashCodec,
});

/** Field order is that of {@link Genesis}. Source: docs/spec/encoding.md. */
export const genesisCodec: Codec<Genesis> = tuple({
  version: uint(),
  chainId: chainIdCodec,
  chainType: choice(CHAIN_TYPES),
  timeMs: uint(),
  salt: bytes(SALT_BYTES),
  params: paramsCodec,
  authorities: list(authorityCodec, VALIDATORS_MAX),
  allocations: list(allocationCodec, GENESIS_ALLOCATIONS_MAX),
  parties: list(addressCodec, GENESIS_PARTIES_MAX),
  forkOf: nullable(forkCodec),
});

/** Canonical bytes of a genesis. */
export function encodeGenesis(genesis: Genesis): Uint8Array {
  return encode(genesisCodec, genesis);
}

/** Reads canonical bytes. Throws GENESIS_MALFORMED. Whether a chain can start from it is for `checkGenesis`. */
export function decodeGenesis(genesisBytes: Uint8Array): Genesis {
  try {
    return decode(genesisCodec, genesisBytes, GENESIS_BYTES_MAX);
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new GenesisError('GENESIS_MALFORMED', error.message, { codec: error.code });
  }
}

/** SHA-256("atoll/genesis/v1" || 0x00 || bytes): the identity of the chain. */
export function hashGenesis(genesis: Genesis): HashHex {
  return hashDomain('genesis', encodeGenesis(genesis));
}
