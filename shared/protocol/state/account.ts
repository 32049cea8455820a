/** @module Account records: namespace 'account', key = address bytes, value = CBOR([nonce, balance]). */
import { amount, type Codec, decode, encode, tuple, uint } from '../codec/codec.ts';
import { addressToBytes } from '../primitives/address.ts';
import type { Address } from '../primitives/brand.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import type { AccountState } from '../transaction/transaction-context.ts';

/** Namespace of account records in the state. */
export const ACCOUNT_NAMESPACE = 'account';
/** An array head and two integers of at most nine bytes. */
const ACCOUNT_BYTES_MAX = 19;
const NO_ACCOUNT: AccountState = { nonce: 0, balance: 0n, exists: false };

/** What an account record holds. */
export interface AccountRecord {
  readonly nonce: number;
  /** Native units. */
  readonly balance: bigint;
}

/** CBOR([nonce, balance]). */
export const accountCodec: Codec<AccountRecord> = tuple({ nonce: uint(), balance: amount() });

/** The account of an address; nonce 0 and balance 0 when it has no record. */
export function readAccount(reader: StateReader, address: Address): AccountState {
  const bytes = reader.get(ACCOUNT_NAMESPACE, addressToBytes(address));
  return bytes === null ? NO_ACCOUNT : { ...decode(accountCodec, bytes, ACCOUNT_BYTES_MAX), exists: true };
}

/** The record's bytes, or null where none is kept: nothing owned and never used. A used nonce stays for ever. */
export function encodeAccount(account: AccountRecord): Uint8Array | null {
  if (account.nonce === 0 && account.balance === 0n) return null;
  return encode(accountCodec, { nonce: account.nonce, balance: account.balance });
}

/** Where account records are written. */
export interface AccountWriter {
  set(namespace: string, key: Uint8Array, value: Uint8Array | null): void;
}

/** Writes an account's record, or deletes it where none is kept. */
export function writeAccount(writer: AccountWriter, address: Address, account: AccountRecord): void {
  writer.set(ACCOUNT_NAMESPACE, addressToBytes(address), encodeAccount(account));
}
