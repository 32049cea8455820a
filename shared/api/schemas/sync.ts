/** @module How a chain stands to those of its peers, and a block that is imported, on the wire. */
import { z } from 'zod';
import { blockSchema } from './block.ts';
import { chainStatusSchema } from './node.ts';
import { chainIdSchema, countSchema, hashSchema, timeSchema } from './scalars.ts';

const divergenceSchema = z
  .object({
    kind: z.enum(['fork', 'invalid_block', 'genesis']).meta({
      description:
        'fork = another block is certified there; invalid_block = what is certified breaks the rules known here; ' +
        'genesis = peers have the chain id with another genesis, and none has this one',
    }),
    height: countSchema,
    own_hash: hashSchema.nullable(),
    certified_hash: hashSchema.nullable(),
    detail: z.string(),
    since: timeSchema,
  })
  .meta({ id: 'Divergence', description: 'What shows that node and network are not on one chain' });

export const syncStatusSchema = z
  .object({
    chain_id: chainIdSchema,
    genesis_hash: hashSchema,
    state: z.enum(['synced', 'syncing', 'waiting', 'diverged']).meta({
      description:
        'waiting = blocks are missing and no peer can be asked now; diverged = no more blocks are taken',
      example: 'synced',
    }),
    catching_up: z
      .boolean()
      .meta({ description: 'A certificate shows blocks above the head', example: false }),
    head_height: countSchema,
    head_hash: hashSchema,
    head_proposer: z.string().meta({ example: `0x${'d7'.repeat(32)}` }),
    head_timestamp: timeSchema,
    target_height: countSchema.meta({ description: 'Highest height that is known to be certified' }),
    claimed_height: countSchema.meta({ description: 'Highest height that a peer says it has' }),
    blocks_behind: countSchema,
    blocks_per_second: z.number().min(0).meta({ description: 'While catching up', example: 0 }),
    eta_seconds: z.number().min(0).nullable().meta({ example: null }),
    peers: countSchema.meta({ description: 'Peers with this chain, as of when sync last asked for them' }),
    imported_total: countSchema.meta({
      description: 'Blocks that came from others rather than from consensus',
    }),
    failures_total: countSchema.meta({ description: 'Answers of peers that were of no use to sync' }),
    divergence: divergenceSchema.nullable(),
    ledger_height: countSchema,
    lag_blocks: countSchema.meta({ description: 'Blocks that the ledger does not have yet' }),
    total_blocks: countSchema,
    total_transactions: countSchema,
    syncing: z.boolean().meta({ description: 'The same as catching_up', example: false }),
    status: chainStatusSchema,
  })
  .meta({ id: 'SyncStatus' });

/** A block as `blocks-range` gives it with its transactions. */
export const importedBlockSchema = blockSchema.required({ transactions: true });

export const importOutcomeSchema = z
  .object({
    success: z.literal(true),
    accepted: z
      .boolean()
      .meta({ description: 'False: the chain had this very block already', example: true }),
    block_height: countSchema,
    block_hash: hashSchema,
    chain_id: chainIdSchema,
    reorged: z.literal(false).meta({ description: 'Final blocks are never replaced' }),
  })
  .meta({ id: 'ImportOutcome' });

export type SyncStatusWire = z.infer<typeof syncStatusSchema>;
export type ImportOutcomeWire = z.infer<typeof importOutcomeSchema>;
