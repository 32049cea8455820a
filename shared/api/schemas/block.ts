/** @module Blocks and commit certificates on the wire. Together with its transactions a block is lossless. */
import { z } from 'zod';
import {
  chainIdSchema,
  countSchema,
  hashSchema,
  hexUpTo,
  nextCursorSchema,
  publicKeySchema,
  signatureSchema,
  timeSchema,
} from './scalars.ts';
import { blockTransactionSchema } from './transaction.ts';

/** Blocks of one blocks-range; it also ends at {@link RANGE_BYTES_MAX}. */
export const RANGE_BLOCKS_MAX = 100;
/** Bytes of the block bodies of one answer: their JSON is about three times that, within what a Worker holds. */
export const RANGE_BYTES_MAX = 8_000_000;

export const certificateSchema = z
  .object({
    height: countSchema,
    round: countSchema,
    block_hash: hashSchema,
    bitmap: hexUpTo(8).meta({
      description: 'Bit i, most significant first, stands for validator i in key order',
      example: '0x80',
    }),
    signatures: z.array(signatureSchema).meta({ description: 'One per set bit, in validator order' }),
  })
  .meta({ id: 'CommitCertificate' });

export const blockSchema = z
  .object({
    height: countSchema,
    hash: hashSchema,
    parent_hash: hashSchema,
    timestamp: timeSchema,
    time_ms: countSchema,
    proposer: publicKeySchema.nullable().meta({ description: 'Consensus key; null at height 0' }),
    round: countSchema,
    version: countSchema,
    chain_id: chainIdSchema,
    tx_count: countSchema,
    state_root: hashSchema,
    tx_root: hashSchema,
    receipt_root: hashSchema,
    last_commit_hash: hashSchema,
    evidence_hash: hashSchema,
    validators_hash: hashSchema,
    next_validators_hash: hashSchema,
    params_hash: hashSchema,
    last_commit: certificateSchema.nullable(),
    evidence: z.array(z.string()).meta({ description: 'Canonical bytes of each item' }),
    transactions: z
      .array(blockTransactionSchema)
      .optional()
      .meta({ description: 'Absent where include_tx=false' }),
    certificate: certificateSchema
      .nullable()
      .meta({ description: 'The precommits that made it final; null at height 0' }),
    size_bytes: countSchema,
  })
  .meta({
    id: 'Block',
    description: 'Height 0 shows the genesis; 32 zero bytes stand for roots that it does not have',
  });

/** A block of a list: the header's facts and the certificate. */
export const blockSummarySchema = blockSchema
  .omit({ last_commit: true, evidence: true, transactions: true })
  .meta({ id: 'BlockSummary' });

export const blockListSchema = z
  .object({ blocks: z.array(blockSummarySchema), next_cursor: nextCursorSchema, height: countSchema })
  .meta({ id: 'BlockList' });

export const blocksRangeSchema = z
  .object({
    success: z.literal(true),
    blocks: z.array(blockSchema),
    count: countSchema,
    next_start: countSchema
      .nullable()
      .meta({ description: 'Where to go on when the answer was full; null when it is complete' }),
    height: countSchema,
  })
  .meta({ id: 'BlocksRange' });

export const headSchema = z
  .object({
    height: countSchema,
    hash: hashSchema,
    timestamp: timeSchema,
    time_ms: countSchema,
    state_root: hashSchema,
    tx_count: countSchema,
    proposer: z.string().meta({ example: `0x${'d7'.repeat(32)}` }),
    chain_id: chainIdSchema,
    genesis_hash: hashSchema,
  })
  .meta({ id: 'Head' });

export type CertificateWire = z.infer<typeof certificateSchema>;
export type BlockSummaryWire = z.infer<typeof blockSummarySchema>;
export type BlockWire = z.infer<typeof blockSchema>;
export type HeadWire = z.infer<typeof headSchema>;
