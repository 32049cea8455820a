/**
 * @module The genesis as a JSON document for people: snake_case names, bytes in 0x-hex, amounts as decimal strings.
 * Reading is strict: an unknown field is refused, a missing one takes its default or is named in the error.
 */
import { DEFAULT_PARAMS, paramName } from '../block/params.ts';
import { CodecError } from '../codec/codec.ts';
import { parseAddress } from '../primitives/address.ts';
import { parseAmount } from '../primitives/amount.ts';
import { fromHex, toHex } from '../primitives/bytes.ts';
import { parseChainId } from '../primitives/chain-id.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { parseConsensusKey } from '../primitives/consensus-key.ts';
import { ProtocolError } from '../primitives/errors.ts';
import { parseHash } from '../primitives/hash.ts';
import { GENESIS_VERSION } from './check.ts';
import { encodeGenesis } from './encode.ts';
import { GenesisError } from './errors.ts';
import type { ChainType, Genesis, GenesisAllocation, GenesisAuthority, GenesisFork } from './genesis.ts';

/** A value of a JSON document. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The document of a genesis, every field written out. */
export function genesisToJson(genesis: Genesis): { readonly [name: string]: Json } {
  const { forkOf } = genesis;
  return {
    version: genesis.version,
    chain_id: genesis.chainId,
    chain_type: genesis.chainType,
    time_ms: genesis.timeMs,
    salt: toHex(genesis.salt),
    params: paramsToJson(genesis.params),
    authorities: genesis.authorities.map(({ consensusKey, operator, name, pop }) => ({
      consensus_key: consensusKey,
      operator,
      name,
      pop: toHex(pop),
    })),
    allocations: genesis.allocations.map(({ address, amount }) => ({ address, amount: amount.toString() })),
    parties: [...genesis.parties],
    fork_of: forkOf && {
      genesis_hash: forkOf.genesisHash,
      height: forkOf.height,
      block_hash: forkOf.blockHash,
      state_root: forkOf.stateRoot,
    },
  };
}

/** Reads a document, filling defaults. Throws GENESIS_MALFORMED with the field; `checkGenesis` judges the rest. */
export function genesisFromJson(json: unknown): Genesis {
  const fields = new Fields(json, '');
  const genesis: Genesis = {
    version: fields.take('version', integer, GENESIS_VERSION),
    chainId: fields.take('chain_id', (value, path) => parsed(value, path, parseChainId)),
    chainType: fields.take('chain_type', (value, path) => text(value, path) as ChainType, 'default'),
    timeMs: fields.take('time_ms', integer),
    salt: fields.take('salt', (value, path) => parsed(value, path, fromHex)),
    params: fields.take('params', paramsFromJson, DEFAULT_PARAMS),
    authorities: fields.take('authorities', (value, path) => items(value, path, authority)),
    allocations: fields.take('allocations', (value, path) => items(value, path, allocation), []),
    parties: fields.take('parties', (value, path) => items(value, path, address), []),
    forkOf: fields.take('fork_of', (value, path) => (value === null ? null : fork(value, path)), null),
  };
  fields.end();
  return encodable(genesis);
}

/** Ranges and lengths are the codec's: what cannot be encoded is no genesis. */
function encodable(genesis: Genesis): Genesis {
  try {
    encodeGenesis(genesis);
    return genesis;
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
    throw new GenesisError('GENESIS_MALFORMED', error.message, error.details);
  }
}

type Read<T> = (value: unknown, path: string) => T;

function malformed(path: string, expected: string): GenesisError {
  const where = path === '' ? 'genesis' : path;
  return new GenesisError('GENESIS_MALFORMED', `${where}: expected ${expected}`, { field: path });
}

/** The members of one object; whoever takes them says at the end that there are no others. */
class Fields {
  readonly #path: string;
  readonly #left: Map<string, unknown>;

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw malformed(path, 'an object');
    this.#path = path;
    this.#left = new Map(Object.entries(value));
  }

  /** The member read by `read`, or the default; without a default it must be there. */
  take<T>(name: string, read: Read<T>, ...defaults: readonly [T?]): T {
    const path = this.#path === '' ? name : `${this.#path}.${name}`;
    if (!this.#left.has(name)) {
      if (defaults.length === 0) throw malformed(path, 'a value');
      return defaults[0] as T;
    }
    const value = this.#left.get(name);
    this.#left.delete(name);
    return read(value, path);
  }

  /** Refuses members that nobody took. */
  end(): void {
    for (const name of this.#left.keys()) {
      throw malformed(this.#path === '' ? name : `${this.#path}.${name}`, 'no such field');
    }
  }
}

function integer(value: unknown, path: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw malformed(path, 'an integer from 0 to 2^53-1');
}

function text(value: unknown, path: string): string {
  if (typeof value === 'string') return value;
  throw malformed(path, 'text');
}

function parsed<T>(value: unknown, path: string, parse: (text: string) => T): T {
  const string = text(value, path);
  try {
    return parse(string);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    throw new GenesisError('GENESIS_MALFORMED', `${path}: ${error.message}`, {
      field: path,
      primitive: error.code,
    });
  }
}

function items<T>(value: unknown, path: string, read: Read<T>): readonly T[] {
  if (!Array.isArray(value)) throw malformed(path, 'a list');
  return value.map((item, index) => read(item, `${path}[${index}]`));
}

const address = (value: unknown, path: string) => parsed(value, path, parseAddress);
const amount = (value: unknown, path: string) => parsed(value, path, parseAmount);
const hash = (value: unknown, path: string) => parsed(value, path, parseHash);

function authority(value: unknown, path: string): GenesisAuthority {
  const fields = new Fields(value, path);
  const read = {
    consensusKey: fields.take('consensus_key', (key, at) => parsed(key, at, parseConsensusKey)),
    operator: fields.take('operator', address),
    name: fields.take('name', text, ''),
    pop: fields.take('pop', (bytes, at) => parsed(bytes, at, fromHex)),
  };
  fields.end();
  return read;
}

function allocation(value: unknown, path: string): GenesisAllocation {
  const fields = new Fields(value, path);
  const read = { address: fields.take('address', address), amount: fields.take('amount', amount) };
  fields.end();
  return read;
}

function fork(value: unknown, path: string): GenesisFork {
  const fields = new Fields(value, path);
  const read = {
    genesisHash: fields.take('genesis_hash', hash),
    height: fields.take('height', integer),
    blockHash: fields.take('block_hash', hash),
    stateRoot: fields.take('state_root', hash),
  };
  fields.end();
  return read;
}

const PARAM_NAMES = Object.keys(DEFAULT_PARAMS) as (keyof ChainParams)[];

/** Parameters by their snake_case names; amounts as decimal strings, choices by name. */
export function paramsToJson(params: ChainParams): { readonly [name: string]: Json } {
  const entries = PARAM_NAMES.map((name) => {
    const value = params[name];
    return [paramName(name), typeof value === 'bigint' ? value.toString() : value] as const;
  });
  return Object.fromEntries(entries);
}

/** Inverse of `paramsToJson`; a missing one has its default, and each the kind of value that its default has. Throws GenesisError. */
export function paramsFromJson(json: unknown, path: string = 'params'): ChainParams {
  const fields = new Fields(json, path);
  const entries = PARAM_NAMES.map((name) => {
    const standard = DEFAULT_PARAMS[name];
    const read = typeof standard === 'number' ? integer : typeof standard === 'bigint' ? amount : text;
    return [
      name,
      fields.take<ChainParams[keyof ChainParams]>(paramName(name), read as Read<never>, standard),
    ];
  });
  fields.end();
  return Object.fromEntries(entries) as ChainParams;
}
