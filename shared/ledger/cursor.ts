/**
 * @module Opaque places in a list. A cursor names the list it belongs to, the height that the first page saw,
 * and the last row given: later pages show what the list held then, on any replica.
 */
import { sha256Hex } from '../protocol/crypto/hashing.ts';
import { LedgerError } from './errors.ts';

/** Where the next page begins. */
export interface Cursor {
  /** Ledger height of the first page. */
  readonly pin: number;
  /** Key of the last row given, most significant part first. */
  readonly position: readonly number[];
}

/** A list: kind, order and filters. A cursor of one list is refused by every other. */
export type ListIdentity = readonly (string | number | null)[];

/** Longest cursor that is looked at: version, tag and three numbers of 16 digits, in base64url. */
export const CURSOR_CHARS_MAX = 128;
const CURSOR_PATTERN = /^1\.([0-9a-f]{16})((?:\.(?:0|[1-9]\d{0,15}))+)$/;
const TAG_CHARS = 16;

/** The cursor as text: base64url without padding. */
export function encodeCursor(list: ListIdentity, { pin, position }: Cursor): string {
  const text = ['1', tagOf(list), pin, ...position].join('.');
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** Reads a cursor of this list with so many parts in its position. Throws CURSOR_INVALID. */
export function decodeCursor(list: ListIdentity, parts: number, cursor: string): Cursor {
  const match = CURSOR_PATTERN.exec(fromBase64Url(cursor));
  const numbers = (match?.[2] ?? '').split('.').slice(1).map(Number);
  const [pin, ...position] = numbers;
  const sound = pin !== undefined && position.length === parts && numbers.every(Number.isSafeInteger);
  if (!sound || match?.[1] !== tagOf(list)) throw new LedgerError('CURSOR_INVALID');
  const decoded = { pin, position };
  if (encodeCursor(list, decoded) !== cursor) throw new LedgerError('CURSOR_INVALID');
  return decoded;
}

function tagOf(list: ListIdentity): string {
  return sha256Hex(new TextEncoder().encode(JSON.stringify(list))).slice(2, 2 + TAG_CHARS);
}

function fromBase64Url(cursor: string): string {
  if (cursor.length > CURSOR_CHARS_MAX || !/^[A-Za-z0-9_-]*$/.test(cursor))
    throw new LedgerError('CURSOR_INVALID');
  try {
    return atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  } catch (error) {
    throw new LedgerError('CURSOR_INVALID', undefined, {}, error);
  }
}
