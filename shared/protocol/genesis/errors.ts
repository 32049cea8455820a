/** @module Why a genesis is refused. */
import { ProtocolError } from '../primitives/errors.ts';

/** Codes of {@link GenesisError}. `details.field` names the place in the document where there is one. */
export type GenesisErrorCode =
  /** The document or its bytes cannot be read: unknown field, wrong form, missing part. */
  | 'GENESIS_MALFORMED'
  /** A version that this code does not know. */
  | 'GENESIS_VERSION_UNKNOWN'
  /** A parameter out of bounds, or two that contradict each other. */
  | 'GENESIS_PARAM_INVALID'
  /** No authority, or more than the validator set holds. */
  | 'GENESIS_AUTHORITY_COUNT'
  /** Two authorities share a consensus key. */
  | 'GENESIS_AUTHORITY_DUPLICATE'
  /** A consensus key is not canonical, of small order or has torsion. */
  | 'GENESIS_AUTHORITY_KEY'
  /** A proof of possession does not verify. */
  | 'GENESIS_POP_INVALID'
  /** Two allocations name one address. */
  | 'GENESIS_ALLOCATION_DUPLICATE'
  /** An allocation of nothing. */
  | 'GENESIS_ALLOCATION_ZERO'
  /** The allocations together exceed the largest amount. */
  | 'GENESIS_SUPPLY_OVERFLOW'
  /** Fees are due, but an authority's operator owns nothing to pay them. */
  | 'GENESIS_OPERATOR_UNFUNDED'
  /** Parties where none belong, too few or too many of them, or one twice. */
  | 'GENESIS_PARTIES_INVALID';

/** A genesis from which no chain can start. */
export class GenesisError extends ProtocolError<GenesisErrorCode> {
  override readonly name = 'GenesisError';
}
