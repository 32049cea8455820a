/** @module Consensus on the wire: the open height, validator sets, commits, evidence. */
import { z } from 'zod';
import { ROUND_MAX } from '../../protocol/primitives/limits.ts';
import { EVIDENCE_ITEM_BYTES_MAX } from '../../protocol/votes/evidence.ts';
import { SIGNING_GUARD_REASONS, SIGNING_RECORD_SOURCES } from '../consensus-views.ts';
import { blockSummarySchema, certificateSchema } from './block.ts';
import {
  addressSchema,
  amountSchema,
  countSchema,
  hashSchema,
  hexUpTo,
  nextCursorSchema,
  publicKeySchema,
  timeSchema,
} from './scalars.ts';

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

export const signingSchema = z
  .object({
    status: z.enum(['none', 'unchecked', 'checking', 'ready', 'guarded']).meta({
      description:
        'unchecked asks the records before its next signature; guarded does not sign; none: there is no validator key',
      example: 'ready',
    }),
    reason: z.enum(SIGNING_GUARD_REASONS).nullable().meta({ description: 'Of a guard', example: null }),
    source: z
      .enum(SIGNING_RECORD_SOURCES)
      .nullable()
      .meta({ description: 'Whose record is waited for, or has raised the guard', example: null }),
    record_height: countSchema
      .nullable()
      .meta({ description: 'Highest height of the record', example: null }),
    quiet_heights: countSchema.nullable().meta({
      description:
        'Heights without a signature of the key, of the ten that end the guard; null where they cannot',
      example: null,
    }),
    since: timeSchema.nullable().meta({ description: 'When the guard was raised', example: null }),
    mark: z
      .object({
        height: countSchema,
        round: countSchema.meta({ description: '2^32 - 1 stands for the whole height' }),
        step: z.enum(['proposal', 'prevote', 'precommit']).meta({ example: 'precommit' }),
      })
      .nullable()
      .meta({ description: 'The key signs above this only; null for a key that is new here' }),
  })
  .meta({ id: 'Signing', description: 'Whether this node signs with its validator key' });

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
    signing: signingSchema,
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
    status: z.enum(['active', 'pending', 'standby', 'jailed', 'tombstoned', 'registered']).meta({
      description:
        'pending waits for its activation; standby has stake or approval, but no seat; registered has neither',
      example: 'active',
    }),
    endpoint: z.string().optional().meta({ example: 'https://node-1.example' }),
    is_authority: z.boolean().optional().meta({ example: true }),
    commission_bps: countSchema.optional().meta({ example: 500 }),
    stake: amountSchema.optional().meta({ description: 'Native units bonded to it' }),
    unpaid_rewards: amountSchema.optional().meta({ description: 'Of its stakers, native units' }),
    missed: countSchema
      .optional()
      .meta({ description: 'Commits without its signature within signed_window_blocks', example: 0 }),
    jailed_until: timeSchema.optional().meta({ description: 'Block time from which on it may return' }),
  })
  .meta({ id: 'Validator' });

export const validatorListSchema = z
  .object({
    height: countSchema.meta({ description: 'Height of the block that the set signs' }),
    validators_hash: hashSchema,
    validators: z.array(validatorSchema),
    others: z.array(validatorSchema).meta({
      description: 'Registered validators outside the set, in order of registration; none with `height`',
    }),
    next_cursor: nextCursorSchema.meta({ description: 'Of the next page of `others`; null on the last' }),
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

export const stakingSchema = z
  .object({
    address: addressSchema,
    delegations: z.array(
      z
        .object({
          consensus_key: consensusKeySchema,
          name: nameSchema,
          stake: amountSchema.meta({ description: 'What the shares are worth now' }),
          shares: amountSchema,
          rewards: amountSchema.meta({ description: 'Earned and not paid out' }),
        })
        .meta({ id: 'Delegation' }),
    ),
    unbonding: z.array(
      z
        .object({
          consensus_key: consensusKeySchema,
          name: nameSchema,
          amount: amountSchema.meta({ description: 'What will be paid, less what a slash has taken' }),
          started_height: countSchema,
          due: timeSchema.meta({ description: 'Block time of the payment' }),
        })
        .meta({ id: 'Unbonding' }),
    ),
    rewards: amountSchema.meta({ description: 'Sum over the delegations' }),
    height: countSchema.meta({ description: 'Height of the state read' }),
  })
  .meta({ id: 'Staking', description: 'Empty for an address that never staked' });

export const evidenceListSchema = z
  .object({
    evidence: z.array(
      z
        .object({
          consensus_key: consensusKeySchema,
          name: nameSchema,
          step: z.enum(['proposal', 'prevote', 'precommit']).meta({ example: 'prevote' }),
          infraction_height: countSchema,
          round: countSchema,
          height: countSchema.meta({ description: 'Of the block with the proof' }),
          timestamp: timeSchema,
          outcome: z
            .enum(['punished', 'recorded'])
            .meta({ description: 'recorded: nobody was left to punish', example: 'punished' }),
          burned: amountSchema.meta({ description: 'Bonded units burned at once' }),
        })
        .meta({ id: 'Evidence' }),
    ),
    pending: countSchema.meta({ description: 'Items that wait for a block on this node', example: 0 }),
    height: countSchema.meta({ description: 'Height of the state read' }),
  })
  .meta({ id: 'EvidenceList' });

/** Body of set_signing_mark. */
export const signingMarkSchema = z
  .strictObject({
    height: countSchema.meta({ description: 'Last height that the key may have signed', example: 500 }),
    round: countSchema.max(ROUND_MAX).optional().meta({
      description: 'Last round of it that the key may have signed; the whole height unless said',
      example: 3,
    }),
  })
  .meta({ id: 'SigningMark' });

/** Body of submit_evidence. */
export const submitEvidenceSchema = z
  .strictObject({
    evidence: hexUpTo(EVIDENCE_ITEM_BYTES_MAX).meta({
      description: 'Canonical bytes of one item, as blocks hold them',
      example: '0x8601',
    }),
  })
  .meta({ id: 'SubmitEvidence' });

export const evidenceTakenSchema = z
  .object({
    consensus_key: consensusKeySchema,
    step: z.enum(['proposal', 'prevote', 'precommit']).meta({ example: 'prevote' }),
    infraction_height: countSchema,
    round: countSchema,
    status: z.literal('pending').meta({ description: 'It waits for a block' }),
  })
  .meta({ id: 'EvidenceTaken' });

export type SigningWire = z.infer<typeof signingSchema>;
export type EvidenceTakenWire = z.infer<typeof evidenceTakenSchema>;
export type ConsensusWire = z.infer<typeof consensusSchema>;
export type ValidatorWire = z.infer<typeof validatorSchema>;
export type ValidatorListWire = z.infer<typeof validatorListSchema>;
export type CommitWire = z.infer<typeof commitSchema>;
export type StakingWire = z.infer<typeof stakingSchema>;
export type EvidenceListWire = z.infer<typeof evidenceListSchema>;
