/** @module Whether a chain can start with its parameters. */
import { paramsFault } from '../block/params-check.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import { GenesisError } from './errors.ts';

/** Throws GENESIS_PARAM_INVALID for the first parameter out of bounds, then for the first broken relation. */
export function checkParams(params: ChainParams): void {
  const fault = paramsFault(params);
  if (fault === null) return;
  const { field, why } = fault;
  throw new GenesisError('GENESIS_PARAM_INVALID', `${field}: ${why}`, { field: `params.${field}` });
}
