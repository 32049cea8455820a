/** @module The forms that single values have on the wire, and the query parameters that many routes share. */
import { z } from 'zod';
import { CHAIN_ID_PATTERN } from '../../protocol/primitives/chain-id.ts';

/** Rows of a list that names no limit. */
export const PAGE_LIMIT_DEFAULT = 20;
/** Most rows of one list. */
export const PAGE_LIMIT_MAX = 100;
/** Characters of a cursor: two integers and a direction fit in a fraction of it. */
export const CURSOR_LENGTH_MAX = 256;

const AMOUNT_PATTERN = /^(0|[1-9]\d{0,18})$/;
const COUNT_PATTERN = /^(0|[1-9]\d{0,15})$/;

/** `0x` and bytes in lower-case hex; `length` in bytes. */
export const hex = (length: number) => z.string().regex(new RegExp(`^0x[0-9a-f]{${length * 2}}$`));
/** `0x` and up to `max` bytes in lower-case hex. */
export const hexUpTo = (max: number) =>
  z
    .string()
    .max(2 + 2 * max)
    .regex(/^0x([0-9a-f]{2})*$/);

const EXAMPLE_HASH = '0x3a1f0c9d5e7b2846a0c1d2e3f405162738495a6b7c8d9e0f1a2b3c4d5e6f7081';

export const hashSchema = hex(32).meta({
  description: '0x and 32 bytes in lower-case hex',
  example: EXAMPLE_HASH,
});
export const addressSchema = hex(20).meta({
  description: 'Account: 0x and the first 20 bytes of SHA-256(public key)',
  example: '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed',
});
export const publicKeySchema = hex(32).meta({
  description: 'Ed25519 public key',
  example: '0xd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
});
export const signatureSchema = hex(64).meta({
  description: 'Ed25519 signature, 64 bytes',
  example: `0x${'5b'.repeat(64)}`,
});
export const amountSchema = z
  .string()
  .regex(AMOUNT_PATTERN)
  .meta({ description: 'Native units as a decimal string, at most 2^63-1', example: '1000000' });
/** Heights, nonces, counts: exact as JSON numbers. */
export const countSchema = z
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .meta({ description: 'Integer below 2^53', example: 7 });
export const timeSchema = z.iso
  .datetime()
  .meta({ description: 'RFC 3339, UTC', example: '2026-11-21T04:00:00.000Z' });
export const chainIdSchema = z
  .string()
  .regex(CHAIN_ID_PATTERN)
  .meta({ description: 'Chain id', example: 'atoll-dev' });
export const cursorSchema = z
  .string()
  .regex(/^[A-Za-z0-9_.:-]+$/)
  .max(CURSOR_LENGTH_MAX)
  .meta({ description: 'Opaque: `next_cursor` of the page before', example: 'MTI6Mw' });
export const nextCursorSchema = z
  .string()
  .nullable()
  .meta({ description: 'Cursor of the next page; null on the last', example: null });

/** A count as text of a path or query, read as a number. Written out, since coercion would take '' and '1e3'. */
export const countText = (max: number = Number.MAX_SAFE_INTEGER, min = 0) =>
  z
    .string()
    .regex(COUNT_PATTERN, 'expected a decimal integer')
    .transform(Number)
    .refine((value) => value >= min && value <= max, `expected an integer from ${min} to ${max}`);

/** A flag as text of a query. */
export const flagText = z.enum(['true', 'false']).transform((text) => text === 'true');

const integerParam = (min: number, max: number, fallback: number, description: string) => ({
  type: 'integer' as const,
  minimum: min,
  maximum: max,
  default: fallback,
  description,
  example: fallback,
});

/** `limit` of a list. */
export const limitText = countText(PAGE_LIMIT_MAX, 1)
  .optional()
  .meta(
    integerParam(1, PAGE_LIMIT_MAX, PAGE_LIMIT_DEFAULT, 'Most rows of the page') as Record<string, unknown>,
  );
export const cursorText = cursorSchema.optional();
