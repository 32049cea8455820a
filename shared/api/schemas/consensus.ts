/** @module Consensus on the wire: the open height, validator sets, commits, evidence. */
import { z } from 'zod';
import { blockSummarySchema, certificateSchema } from './block.ts';
import { addressSchema, countSchema, hashSchema, publicKeySchema, timeSchema } from './scalars.ts';

const consensusKeySchema = publicKeySchema.meta({ description: 'Consensus key' });
const nameSchema = z.string().meta({ example: 'node-1' });
const namedSchema = z
  .object({ consensus_key: consensusKeySchema, name: nameSchema })
  .meta({ id: 'ValidatorName' });
const votesSchema = z.array(
  z
    .object({
      consensus_key: consensusKeySchema,
      name: nameSchema,
      block_hash: hashSchema.nullable().meta({ description: 'null is a vote for no block' }),
    })
    .meta({ id: 'CastVote' }),
);
const roundBlockSchema = z.object({ round: countSchema, hash: hashSchema }).meta({ id: 'RoundBlock' });
const powerSchema = countSchema.meta({ description: 'Share of 10^9', example: 250_000_000 });

export const consensusSchema = z
  .object({
    height: countSchema.meta({ description: 'Under decision: one above the head' }),
    round: countSchema,
    step: z
      .enum(['idle', 'propose', 'prevote', 'precommit', 'decided'])
      .meta({ description: 'idle waits for work', example: 'idle' }),
    proposer: consensusKeySchema,
    since: timeSchema.meta({ description: 'When this node entered the step, or woke in it' }),
    validators_total: countSchema,
    voted: z.object({ prevotes: votesSchema, precommits: votesSchema }),
    missing: z
      .array(namedSchema)
      .meta({ description: 'Validators whose vote of this step is not here; none while idle' }),
    locked: roundBlockSchema.nullable(),
    valid: roundBlockSchema.nullable(),
    peers: z.array(namedSchema).meta({ description: 'Validators whose nodes this one has a link to' }),
  })
  .meta({ id: 'Consensus' });

const validatorSchema = z
  .object({
    consensus_key: consensusKeySchema,
    operator: addressSchema.nullable().meta({ description: 'null where this node has forgotten it' }),
    name: nameSchema,
    power: powerSchema,
    priority: z
      .int()
      .nullable()
      .meta({ description: 'Of the round robin; null for a set of the past', example: 0 }),
    status: z.enum(['active', 'waiting', 'jailed', 'tombstoned']).meta({ example: 'active' }),
  })
  .meta({ id: 'Validator' });

export const validatorListSchema = z
  .object({
    height: countSchema.meta({ description: 'Height of the block that the set signs' }),
    validators_hash: hashSchema,
    validators: z.array(validatorSchema),
    total_power: powerSchema,
    nakamoto: countSchema.meta({
      description: 'Smallest number of validators that hold more than a third of the power',
      example: 2,
    }),
  })
  .meta({ id: 'ValidatorList' });

const signerSchema = z
  .object({ consensus_key: consensusKeySchema, name: nameSchema, power: powerSchema })
  .meta({ id: 'Signer' });
const headerSchema = blockSummarySchema.omit({ certificate: true }).meta({ id: 'BlockHeader' });

export const commitSchema = z
  .object({
    height: countSchema,
    hash: hashSchema,
    header: headerSchema,
    certificate: certificateSchema,
    signers: z.array(signerSchema),
    missing: z
      .array(signerSchema)
      .meta({ description: 'Validators whose precommit is not in the certificate' }),
    power: powerSchema.meta({ description: 'Of the signers' }),
    total_power: powerSchema,
  })
  .meta({ id: 'Commit' });

export type ConsensusWire = z.infer<typeof consensusSchema>;
export type ValidatorWire = z.infer<typeof validatorSchema>;
export type ValidatorListWire = z.infer<typeof validatorListSchema>;
export type CommitWire = z.infer<typeof commitSchema>;
