/** @module Types whose bytes are fixed before this version can execute them. */
import type { Codec } from '../../codec/codec.ts';
import { assert } from '../../primitives/assert.ts';
import type { Address } from '../../primitives/brand.ts';
import { defineTransaction, type TransactionType } from '../define-transaction.ts';

/** A type that is decoded and named, but refused with TX_TYPE_INACTIVE before anything applies it. */
export function inactiveType<Payload>(
  type: number,
  name: string,
  payload: Codec<Payload>,
  addresses: (payload: Payload) => readonly Address[] = () => [],
): TransactionType<Payload> {
  return defineTransaction({
    type,
    name,
    payload,
    addresses,
    active: false,
    events: {},
    check() {},
    apply() {
      assert(false, `${name} is inactive and must be refused before execution`);
    },
  });
}
