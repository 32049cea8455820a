/** @module Records of the supply: namespace 'supply', keys 'burned' and 'genesis', value = CBOR amount in native units. */
import { amount, decode, encode } from '../codec/codec.ts';
import { assert } from '../primitives/assert.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import type { StateStore } from './state-store.ts';

const utf8 = new TextEncoder();
/** An integer head and eight bytes. */
const SUPPLY_BYTES_MAX = 9;

/** Namespace of the supply records. */
export const SUPPLY_NAMESPACE = 'supply';
/** Key of what was burned since genesis. */
export const SUPPLY_BURNED: Uint8Array = utf8.encode('burned');
/** Key of what genesis allocated. */
export const SUPPLY_GENESIS: Uint8Array = utf8.encode('genesis');

/** The value of a supply record. */
export function encodeSupply(units: bigint): Uint8Array {
  return encode(amount(), units);
}

/** Native units under a key of the supply. Both records exist from genesis on. */
export function readSupply(reader: StateReader, key: Uint8Array): bigint {
  const bytes = reader.get(SUPPLY_NAMESPACE, key);
  assert(bytes !== null, 'genesis writes every supply record');
  return decode(amount(), bytes, SUPPLY_BYTES_MAX);
}

/** Takes native units out of the supply for ever. They must have been taken from where they were. */
export function burn(store: StateStore, units: bigint): void {
  if (units === 0n) return;
  const burned = readSupply(store, SUPPLY_BURNED) + units;
  store.set(SUPPLY_NAMESPACE, SUPPLY_BURNED, encodeSupply(burned));
}
