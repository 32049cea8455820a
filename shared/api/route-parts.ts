/** @module Parameters and answers that several routes share. */
import { z } from 'zod';
import {
  addressSchema,
  chainIdSchema,
  countText,
  cursorText,
  flagText,
  hashSchema,
  limitText,
} from './schemas/scalars.ts';
import { submitOutcomeSchema } from './schemas/transaction.ts';

/** Longest wait of `wait=final`, in milliseconds. */
export const WAIT_MS_MAX = 30_000;
/** Wait of `wait=final` that names none. */
export const WAIT_MS_DEFAULT = 10_000;

/** Schema members of a height as text of a query. */
export const height = (description: string) => ({ type: 'integer', minimum: 0, description, example: 7 });
/** `include_tx` with its default. */
export const includeTx = (fallback: boolean) =>
  flagText
    .optional()
    .meta({ type: 'boolean', default: fallback, description: 'Whole transactions', example: fallback });
/** `order` of a list. */
export const orderText = z
  .enum(['asc', 'desc'])
  .optional()
  .meta({ description: 'By height; desc unless said', example: 'desc' });
/** `box` of a message list. */
export const boxText = z
  .enum(['inbox', 'sent'])
  .optional()
  .meta({ description: 'inbox unless said', example: 'inbox' });
/** Query of routes that submit. */
export const waitQuery = z.strictObject({
  wait: z.enum(['none', 'accepted', 'final']).optional().meta({
    description: 'none (accepted is its alias) answers once the transaction is durable in the mempool',
    example: 'final',
  }),
  wait_ms: countText(WAIT_MS_MAX)
    .optional()
    .meta({ type: 'integer', minimum: 0, maximum: WAIT_MS_MAX, default: WAIT_MS_DEFAULT, example: 5000 }),
});

/** How a block is named in a path. */
export const BLOCK_ID_PATTERN = /^(latest|earliest|0|[1-9]\d{0,15}|0x[0-9a-f]{64})$/;
/** Path of one block. */
export const blockParams = z.strictObject({
  block_id: z
    .string()
    .regex(BLOCK_ID_PATTERN, 'expected a height, a hash, latest or earliest')
    .meta({ description: 'Height, hash, `latest` or `earliest`; 0 shows the genesis', example: 'latest' }),
});
/** Path of one transaction. */
export const hashParams = z.strictObject({ hash: hashSchema });
/** Path of one account. */
export const addressParams = z.strictObject({ address: addressSchema });
/** Path of one chain. */
export const chainParams = z.strictObject({ chain_id: chainIdSchema });
/** `limit` and `cursor`. */
export const pageShape = { limit: limitText, cursor: cursorText };
/** The one answer of a plain read. */
export const ok = (description: string, schema: z.ZodType) => ({ 200: { description, schema } });
/** Answers of send_tx. */
export const outcomeAnswers = {
  200: { description: 'Final', schema: submitOutcomeSchema },
  202: { description: 'Durable in the mempool; status_url tells the rest', schema: submitOutcomeSchema },
};
