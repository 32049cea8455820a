/** @module An example of an own transaction type: named counters that anyone may add to, kept in the chain's state. */
import { amount, type Codec, decode, encode, text, tuple, uint } from '../../shared/protocol/codec/codec.ts';
import { defineTransaction } from '../../shared/protocol/transaction/define-transaction.ts';
import { TransactionError } from '../../shared/protocol/transaction/errors.ts';
import { TransactionFailure } from '../../shared/protocol/transaction/receipt-status.ts';

/** Adds `step` to the counter `name`. */
export interface CountPayload {
  readonly name: string;
  readonly step: number;
}

/** Receipt status of a counter that would pass its end. Own statuses start at 1000. */
export const COUNTER_OVERFLOW = 1000;
const COUNTER_MAX = 1_000_000n;
const NAMESPACE = 'example_counter';
const utf8 = new TextEncoder();
const payload: Codec<CountPayload> = tuple({
  name: text({ max: 32, pattern: /^[a-z]+$/ }),
  step: uint(1_000),
});

/** Code 1000, `count`. */
export const count = defineTransaction<CountPayload>({
  type: 1000,
  name: 'count',
  payload,
  events: { counted: ['sender_nonce', 'name', 'value'] },
  check({ payload: { step } }) {
    if (step === 0) throw new TransactionError('TX_PAYLOAD_INVALID', 'a step is at least 1');
  },
  apply(context, { nonce, payload: { name, step } }) {
    const key = utf8.encode(name);
    const value = counterFrom(context.get(NAMESPACE, key)) + BigInt(step);
    context.set(NAMESPACE, key, encode(amount(), value));
    context.emit('counted', [nonce, name, value]);
    if (value > COUNTER_MAX) throw new TransactionFailure(COUNTER_OVERFLOW);
  },
  addresses: () => [],
});

/** The value of a counter's record; 0 without one. */
export function counterFrom(record: Uint8Array | null): bigint {
  return record === null ? 0n : decode(amount(), record, 9);
}

/** The record of a counter in the state. */
export function counterKey(name: string): { namespace: string; key: Uint8Array } {
  return { namespace: NAMESPACE, key: utf8.encode(name) };
}
