/** @module The parameters in force: namespace 'params', key 'current'. Without the record they are those of genesis. */
import { paramsCodec } from '../block/params.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import { nameKey, recordKind, type StateStore } from './state-store.ts';

/** Namespace of the parameters. */
export const PARAMS_NAMESPACE = 'params';
/** Key of those in force for the next block. */
export const PARAMS_CURRENT: Uint8Array = nameKey('current');
const records = recordKind(PARAMS_NAMESPACE, paramsCodec);

/** The parameters of the block above this state; `genesis` are those that the chain started with. */
export function readParams(reader: StateReader, genesis: ChainParams): ChainParams {
  return votedParams(reader) ?? genesis;
}

/** All parameters once a vote has changed one; null while those of genesis hold. */
export function votedParams(reader: StateReader): ChainParams | null {
  return records.read(reader, PARAMS_CURRENT);
}

/** Sets the parameters of the next block. */
export function writeParams(store: StateStore, params: ChainParams): void {
  records.write(store, PARAMS_CURRENT, params);
}
