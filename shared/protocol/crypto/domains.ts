/** @module Domain separation: what is signed or hashed names its purpose first, so that no bytes mean two things. */
import { assert } from '../primitives/assert.ts';
import type { HashHex } from '../primitives/brand.ts';
import { concatBytes } from '../primitives/bytes.ts';
import { HASH_BYTES, hashToBytes } from '../primitives/hash.ts';
import { sha256Hex } from './hashing.ts';

/** Everything that an Atoll key ever signs. */
export const ROLES = [
  'tx',
  'proposal',
  'prevote',
  'precommit',
  'envelope',
  'peer-record',
  'read-auth',
  'admin',
  'pop',
] as const;

/** One purpose of a signature. */
export type Role = (typeof ROLES)[number];

/** Purposes of a hash that is not of raw bytes alone. */
export const HASH_DOMAINS = ['genesis', 'header'] as const;

/** One purpose of a hash. */
export type HashDomain = (typeof HASH_DOMAINS)[number];

const utf8 = new TextEncoder();
const prefixOf = (name: string): Uint8Array => utf8.encode(`atoll/${name}/v1\0`);
const ROLE_PREFIXES = new Map<Role, Uint8Array>(ROLES.map((role) => [role, prefixOf(role)]));
const HASH_PREFIXES = new Map<HashDomain, Uint8Array>(HASH_DOMAINS.map((name) => [name, prefixOf(name)]));

/** `atoll/<role>/v1`, a zero byte, the 32 bytes of the scope (a genesis hash, or zeros), and the encoded body. */
export function signBytes(
  role: Role,
  scope: Uint8Array | HashHex,
  body: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const prefix = ROLE_PREFIXES.get(role);
  assert(prefix !== undefined, `unknown role ${role}`);
  const scopeBytes = typeof scope === 'string' ? hashToBytes(scope) : scope;
  assert(scopeBytes.length === HASH_BYTES, 'a scope has 32 bytes');
  return concatBytes(prefix, scopeBytes, body);
}

/** SHA-256 of `atoll/<name>/v1`, a zero byte and the bytes. */
export function hashDomain(name: HashDomain, bytes: Uint8Array): HashHex {
  const prefix = HASH_PREFIXES.get(name);
  assert(prefix !== undefined, `unknown hash domain ${name}`);
  return sha256Hex(concatBytes(prefix, bytes));
}
