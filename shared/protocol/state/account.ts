/** @module Account records: namespace 'account', key = address bytes, value = CBOR([nonce, balance]). */
import { amount, type Codec, decode, tuple, uint } from '../codec/codec.ts';
import { addressToBytes } from '../primitives/address.ts';
import { AMOUNT_MAX } from '../primitives/amount.ts';
import { assert } from '../primitives/assert.ts';
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

// Sender and recipient of the transaction at hand are read and written in turn, six times in all.
let lastAddress: Address | null = null;
let lastKey: Uint8Array = new Uint8Array();
let otherAddress: Address | null = null;
let otherKey: Uint8Array = new Uint8Array();

/** The key of an account's record. Shared: nobody changes keys of the state. */
function keyOf(address: Address): Uint8Array {
  if (address === lastAddress) return lastKey;
  const key = address === otherAddress ? otherKey : addressToBytes(address);
  otherAddress = lastAddress;
  otherKey = lastKey;
  lastAddress = address;
  lastKey = key;
  return key;
}

/** The account of an address; nonce 0 and balance 0 when it has no record. */
export function readAccount(reader: StateReader, address: Address): AccountState {
  const bytes = reader.get(ACCOUNT_NAMESPACE, keyOf(address));
  return bytes === null ? NO_ACCOUNT : decodeAccount(bytes);
}

/**
 * The record's bytes, or null where none is kept: nothing owned and never used. A used nonce stays for
 * ever.
 */
export function encodeAccount(account: AccountRecord): Uint8Array | null {
  if (account.nonce === 0 && account.balance === 0n) return null;
  return encodeRecord(account);
}

/** Where account records are written. */
export interface AccountWriter {
  set(namespace: string, key: Uint8Array, value: Uint8Array | null): void;
}

/** Writes an account's record, or deletes it where none is kept. */
export function writeAccount(writer: AccountWriter, address: Address, account: AccountRecord): void {
  writer.set(ACCOUNT_NAMESPACE, keyOf(address), encodeAccount(account));
}

// A block of 5,000 transfers reads and writes some 30,000 accounts, and two integers need no general codec.
// What is written here is what `accountCodec` writes, and what is read here is what it would read.

const ARRAY_OF_TWO = 0x82;
/**
 * Largest integer in the first byte, and the marks of one, two, four and eight bytes that follow. RFC 8949
 * section 3.
 */
const INLINE_MAX = 23;
const ONE_BYTE = 24;
const EIGHT_BYTES = 27;
const UINT32_MAX = 0xffff_ffff;
const scratch = new Uint8Array(ACCOUNT_BYTES_MAX);
const scratchView = new DataView(scratch.buffer);

function encodeRecord({ nonce, balance }: AccountRecord): Uint8Array {
  assert(Number.isSafeInteger(nonce) && nonce >= 0, 'a nonce is an integer below 2^53');
  assert(balance >= 0n && balance <= AMOUNT_MAX, 'a balance is an amount');
  scratch[0] = ARRAY_OF_TWO;
  return scratch.slice(0, writeUint(balance, writeUint(nonce, 1)));
}

/** Writes an integer in its shortest form; the offset behind it. */
function writeUint(value: number | bigint, offset: number): number {
  if (value > UINT32_MAX) {
    scratch[offset] = EIGHT_BYTES;
    scratchView.setBigUint64(offset + 1, BigInt(value));
    return offset + 9;
  }
  const small = Number(value);
  if (small <= INLINE_MAX) {
    scratch[offset] = small;
    return offset + 1;
  }
  if (small <= 0xff) {
    scratch[offset] = ONE_BYTE;
    scratch[offset + 1] = small;
    return offset + 2;
  }
  const width = small <= 0xffff ? 2 : 4;
  scratch[offset] = width === 2 ? ONE_BYTE + 1 : ONE_BYTE + 2;
  if (width === 2) scratchView.setUint16(offset + 1, small);
  else scratchView.setUint32(offset + 1, small);
  return offset + 1 + width;
}

/**
 * Reads the usual form at once. Whatever differs from its own encoding goes to the general codec, which
 * names the fault.
 */
function decodeAccount(bytes: Uint8Array): AccountState {
  const record = readRecord(bytes);
  return { ...(record ?? decode(accountCodec, bytes, ACCOUNT_BYTES_MAX)), exists: true };
}

function readRecord(bytes: Uint8Array): AccountRecord | null {
  if (bytes[0] !== ARRAY_OF_TWO || bytes.length > ACCOUNT_BYTES_MAX) return null;
  const balanceAt = 1 + itemLength(bytes[1] ?? 0);
  const nonce = readUint(bytes, 1);
  const balance = readUint(bytes, balanceAt);
  if (balanceAt + itemLength(bytes[balanceAt] ?? 0) !== bytes.length) return null;
  if (nonce > Number.MAX_SAFE_INTEGER || balance > AMOUNT_MAX) return null;
  const record = { nonce: Number(nonce), balance: BigInt(balance) };
  const length = writeUint(record.balance, writeUint(record.nonce, 1));
  if (length !== bytes.length) return null;
  for (let i = 1; i < length; i++) if (bytes[i] !== scratch[i]) return null;
  return record;
}

/** Bytes of the integer that starts with this byte; what is no integer is found when it is written again. */
function itemLength(first: number): number {
  return first >= ONE_BYTE && first <= EIGHT_BYTES ? 1 + 2 ** (first - ONE_BYTE) : 1;
}

function readUint(bytes: Uint8Array, offset: number): number | bigint {
  const first = bytes[offset] ?? 0;
  const length = itemLength(first);
  if (length === 1) return first;
  let value = 0;
  // Eight bytes are two halves, so that the halves stay exact as numbers.
  const end = Math.min(offset + length, bytes.length);
  if (length < 9) {
    for (let at = offset + 1; at < end; at++) value = value * 256 + (bytes[at] as number);
    return value;
  }
  let low = 0;
  for (let at = offset + 1; at < end; at++) {
    if (at <= offset + 4) value = value * 256 + (bytes[at] as number);
    else low = low * 256 + (bytes[at] as number);
  }
  return (BigInt(value) << 32n) | BigInt(low);
}
