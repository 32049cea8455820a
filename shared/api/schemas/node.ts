/** @module What a node says of itself and its chains: info, status, health, chain resources, problems. */
import { z } from 'zod';
import { isProblemCode, PROBLEMS } from '../problems.ts';
import { chainIdSchema, countSchema, hashSchema, timeSchema } from './scalars.ts';

export const chainTypeSchema = z.enum(['default', 'bilateral', 'micro']).meta({ example: 'default' });
export const chainStatusSchema = z
  .enum(['STOPPED', 'STARTING', 'RUNNING', 'STOPPING', 'ERROR'])
  .meta({ example: 'RUNNING' });
const ledgerStatusSchema = z
  .object({
    status: z.enum(['ok', 'behind', 'pending', 'none']).meta({ example: 'ok' }),
    height: countSchema.meta({ description: 'Highest height known to be in the ledger' }),
    lag_blocks: countSchema,
    error: z.string().optional(),
    since: timeSchema.optional().meta({ description: 'When the present failure began' }),
  })
  .meta({ id: 'LedgerStatus' });

export const chainSchema = z
  .object({
    chain_id: chainIdSchema,
    chain_type: chainTypeSchema,
    status: chainStatusSchema,
    genesis_hash: hashSchema,
    height: countSchema,
    head_hash: hashSchema,
    head_timestamp: timeSchema,
    validators: countSchema,
    mempool_transactions: countSchema,
    transactions_total: countSchema,
    ledger: ledgerStatusSchema,
  })
  .meta({ id: 'Chain' });
export const chainListSchema = z
  .object({ chains: z.array(chainSchema), count: countSchema })
  .meta({ id: 'ChainList' });

export const infoSchema = z
  .object({
    chain_id: chainIdSchema,
    chain_type: chainTypeSchema,
    status: chainStatusSchema,
    genesis_hash: hashSchema,
    height: countSchema,
    last_block_hash: hashSchema,
    timestamp: timeSchema,
    total_transactions: countSchema,
    validators: countSchema,
    params: z.record(z.string(), z.union([z.string(), z.number()])).meta({
      description: 'Parameters of the chain, as in its genesis document',
      example: { block_time_ms: 1000, min_fee: '1' },
    }),
    limits: z.record(z.string(), z.number()).meta({ example: { send_txs: 500 } }),
    transaction_types: z.array(z.object({ type: countSchema, name: z.string(), active: z.boolean() })),
    features: z.array(z.string()).meta({ example: ['json_rpc'] }),
    node: z.object({
      name: z.string(),
      region: z.string().nullable(),
      version: z.string(),
      commit: z.string(),
      protocol_version: countSchema,
      ledger: z.boolean(),
      replicas: z.array(z.string()),
      encryption_at_rest: z.enum(['none', 'operator']).meta({
        description: 'operator = the word of the operator; the node cannot check it',
      }),
    }),
  })
  .meta({ id: 'Info' });

export const genesisDocumentSchema = z.record(z.string(), z.unknown()).meta({
  id: 'GenesisDocument',
  description: 'The genesis as JSON: docs/spec says which fields',
  example: {},
});
export const genesisSchema = z
  .object({ genesis_hash: hashSchema, genesis: genesisDocumentSchema })
  .meta({ id: 'Genesis' });

export const livezSchema = z
  .object({ status: z.literal('ok'), success: z.literal('pong!') })
  .meta({ id: 'Livez' });

const checkSchema = z.object({ status: z.enum(['ok', 'failing']), detail: z.string().optional() });
export const readyzSchema = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.record(z.string(), checkSchema).meta({ example: { settings: { status: 'ok' } } }),
  })
  .meta({ id: 'Readyz' });

export const healthSchema = z
  .object({
    status: z.enum(['ok', 'degraded']).meta({ example: 'ok' }),
    node: z.string(),
    version: z.string(),
    supported_chains: z.array(chainIdSchema),
    chains: z.array(chainSchema),
  })
  .meta({ id: 'Health' });

export const rebuildSchema = z
  .object({ chain_id: chainIdSchema, from: countSchema, to: countSchema })
  .meta({ id: 'LedgerRebuild' });

export const problemSchema = z
  .looseObject({
    type: z.string().meta({ example: '/problems/REQUEST_INVALID' }),
    title: z.string().meta({ example: PROBLEMS.REQUEST_INVALID.title }),
    status: z.int().meta({ example: 400 }),
    detail: z.string(),
    instance: z.string(),
    code: z
      .string()
      .refine(isProblemCode)
      .meta({
        enum: Object.keys(PROBLEMS),
        example: 'REQUEST_INVALID',
      }),
    request_id: z.string(),
    retryable: z.boolean(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem with a stable code' });

export const jsonRpcResponseSchema = z
  .looseObject({ jsonrpc: z.literal('2.0') })
  .meta({ id: 'JsonRpcResponse', description: 'Has `id`, and `result` or `error`' });

export type ChainWire = z.infer<typeof chainSchema>;
export type InfoWire = z.infer<typeof infoSchema>;
export type HealthWire = z.infer<typeof healthSchema>;
export type ReadyzWire = z.infer<typeof readyzSchema>;
