/** @module Transactions for mempool tests: encoded for real, not signed, since the mempool is given verified ones. */
import { DEFAULT_PARAMS } from '../../shared/protocol/block/params.ts';
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import type { AccountOf, AdmissionContext } from '../../shared/protocol/mempool/mempool.ts';
import { encodeTransaction, withIdentity } from '../../shared/protocol/transaction/encode.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';

/** What a test says of a pending message. */
export interface PendingFields {
  /** Number of the sender. */
  readonly from?: number;
  readonly nonce?: number;
  readonly fee?: number;
  readonly validUntil?: number;
  /** Length of the body: the way to a larger transaction. */
  readonly body?: number;
  /** Makes another transaction of the same fields. */
  readonly salt?: number;
}

const keyOf = (from: number) => new Uint8Array(32).fill(from + 1);

/** Address of a numbered sender. */
export function senderAddress(from: number) {
  return addressOf(keyOf(from));
}

/** A message of nobody's signature. It costs its fee and nothing else. */
export function pending(fields: PendingFields = {}): SignedTransaction {
  const { from = 0, nonce = 0, fee = 100, validUntil = 1_000, body = 0, salt = 0 } = fields;
  const transaction = {
    type: 1,
    publicKey: keyOf(from),
    nonce,
    fee: BigInt(fee),
    validUntil,
    payload: { recipient: senderAddress(9), contentType: 'a/b', body: new Uint8Array(body).fill(1) },
    signature: new Uint8Array(64).fill(salt),
  };
  return withIdentity(transaction, encodeTransaction(transaction, builtInTransactions));
}

/** Admission at height 1 and time 0 for an account that can pay anything. */
export function context(
  fields: { nonce?: number; balance?: bigint } & Partial<AdmissionContext> = {},
): AdmissionContext {
  const { nonce = 0, balance = 2n ** 62n, ...rest } = fields;
  return { account: { nonce, balance }, params: DEFAULT_PARAMS, nextHeight: 1, nowMs: 0, ...rest };
}

/** Accounts by numbered sender; the others have nonce 0 and can pay anything. */
export function accounts(known: Record<number, { nonce: number; balance?: bigint }>): AccountOf {
  const byAddress = new Map(
    Object.entries(known).map(([from, account]) => [senderAddress(Number(from)), account]),
  );
  return (address) => ({ nonce: 0, balance: 2n ** 62n, ...byAddress.get(address) });
}
