/** @module Accounts on the wire. */
import { z } from 'zod';
import { addressSchema, amountSchema, chainIdSchema, countSchema } from './scalars.ts';

const nonce = countSchema.meta({ description: 'Next nonce that a block expects', example: 0 });
const height = countSchema.meta({ description: 'Height of the state read', example: 7 });

export const balanceSchema = z
  .object({ address: addressSchema, balance: amountSchema, nonce, height })
  .meta({ id: 'Balance', description: 'An unknown address has zeros' });

export const accountSchema = z
  .object({
    address: addressSchema,
    balance: amountSchema,
    nonce,
    pending_nonce: countSchema.meta({
      description: 'Next nonce after the pending transactions of the account',
      example: 0,
    }),
    exists: z.boolean(),
    chain_id: chainIdSchema,
    height,
  })
  .meta({ id: 'Account' });

export type AccountWire = z.infer<typeof accountSchema>;
