/** @module Routes over consensus: the open height, validators, commits. A part of the route table. */
import { z } from 'zod';
import { addressParams, height, ok, pageShape } from './route-parts.ts';
import { BODY_BYTES_SMALL, type RouteSpec } from './route-spec.ts';
import {
  commitSchema,
  consensusSchema,
  evidenceListSchema,
  evidenceTakenSchema,
  signingMarkSchema,
  signingSchema,
  stakingSchema,
  submitEvidenceSchema,
  validatorListSchema,
} from './schemas/consensus.ts';
import { countText, limitText } from './schemas/scalars.ts';

/** How the height of a commit is named in a path. */
const COMMIT_HEIGHT_PATTERN = /^(latest|[1-9]\d{0,15})$/;

/** Routes over consensus. */
export const CONSENSUS_ROUTES = [
  {
    name: 'get_consensus',
    method: 'GET',
    path: '/rpc/consensus',
    aliases: [],
    scope: 'chain',
    tag: 'consensus',
    summary: 'How the open height stands',
    description: 'As this node sees it. Asking starts no round and sets no timer.',
    answers: ok('Round, step, votes and who is missing', consensusSchema),
    problems: [],
  },
  {
    name: 'get_validators',
    method: 'GET',
    path: '/rpc/validators',
    aliases: [],
    scope: 'chain',
    tag: 'consensus',
    summary: 'Validator set',
    description: 'The whole set, and page by page the registered validators outside it.',
    query: z.strictObject({
      height: countText(Number.MAX_SAFE_INTEGER, 1)
        .optional()
        .meta(height('Height that the set signs; the next one unless said')),
      ...pageShape,
    }),
    answers: ok('The validators in key order, with their power', validatorListSchema),
    problems: ['BLOCK_UNKNOWN', 'CURSOR_INVALID'],
  },
  {
    name: 'get_commit',
    method: 'GET',
    path: '/rpc/commit/{height}',
    aliases: [],
    scope: 'chain',
    tag: 'consensus',
    summary: 'Why a block is final',
    params: z.strictObject({
      height: z
        .string()
        .regex(COMMIT_HEIGHT_PATTERN, 'expected a height from 1 on, or latest')
        .meta({ description: 'Height from 1 on, or `latest`', example: 'latest' }),
    }),
    answers: ok('Header, certificate, and who has signed', commitSchema),
    problems: ['BLOCK_UNKNOWN'],
  },
  {
    name: 'get_staking',
    method: 'GET',
    path: '/rpc/staking/{address}',
    aliases: [],
    scope: 'chain',
    tag: 'consensus',
    summary: 'What an account has staked',
    params: addressParams,
    answers: ok('Delegations, unbonding and rewards', stakingSchema),
    problems: [],
  },
  {
    name: 'get_evidence',
    method: 'GET',
    path: '/rpc/evidence',
    aliases: [],
    scope: 'chain',
    tag: 'consensus',
    summary: 'Who signed twice',
    description: 'Offences on the chain, newest first, until nothing as old could be brought again.',
    query: z.strictObject({ limit: limitText }),
    answers: ok('The newest offences', evidenceListSchema),
    problems: [],
  },
  {
    name: 'submit_evidence',
    method: 'POST',
    path: '/rpc/evidence',
    aliases: [],
    scope: 'chain',
    tag: 'consensus',
    summary: 'Bring evidence',
    description:
      'Anyone may: it is checked like that of a validator, costs nothing, and goes to all of them.',
    body: { schema: submitEvidenceSchema, bytesMax: BODY_BYTES_SMALL },
    answers: { 202: { description: 'It waits for a block', schema: evidenceTakenSchema } },
    problems: [
      'BODY_TOO_LARGE',
      'JSON_INVALID',
      'CONTENT_TYPE_UNSUPPORTED',
      'EVIDENCE_MALFORMED',
      'EVIDENCE_FALSE',
      'EVIDENCE_FROM_FUTURE',
      'EVIDENCE_TOO_OLD',
      'EVIDENCE_NOT_A_VALIDATOR',
      'EVIDENCE_KNOWN',
      'EVIDENCE_TOMBSTONED',
      'EVIDENCE_POOL_FULL',
    ],
  },
  {
    name: 'set_signing_mark',
    method: 'POST',
    path: '/validator/mark',
    aliases: ['/admin/validator/mark'],
    scope: 'chain',
    tag: 'consensus',
    summary: 'Let the validator key sign above a mark',
    description:
      'Ends a guard. The operator vouches that the key signs nothing above the mark anywhere else.',
    body: { schema: signingMarkSchema, bytesMax: BODY_BYTES_SMALL },
    answers: ok('How the key stands now', signingSchema),
    problems: [
      'BODY_TOO_LARGE',
      'JSON_INVALID',
      'CONTENT_TYPE_UNSUPPORTED',
      'SIGNING_KEY_NONE',
      'SIGNING_MARK_BELOW',
      'SIGNING_MARK_TOO_FAR',
    ],
    admin: true,
  },
  {
    name: 'guard_signing',
    method: 'POST',
    path: '/validator/guard',
    aliases: ['/admin/validator/guard'],
    scope: 'chain',
    tag: 'consensus',
    summary: 'Hold the validator key',
    description:
      'Before its storage is restored or the key moves. A storage that is older obeys the order, too.',
    answers: ok('How the key stands now', signingSchema),
    problems: ['SIGNING_KEY_NONE'],
    admin: true,
  },
] as const satisfies readonly RouteSpec[];
