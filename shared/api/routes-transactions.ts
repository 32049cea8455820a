/** @module Routes that submit and read transactions and messages. A part of the route table. */
import { z } from 'zod';
import { boxText, hashParams, ok, orderText, outcomeAnswers, pageShape, waitQuery } from './route-parts.ts';
import { BODY_BYTES_TX, BODY_BYTES_TXS, type RouteSpec } from './route-spec.ts';
import { problemSchema } from './schemas/node.ts';
import { addressSchema } from './schemas/scalars.ts';
import {
  estimateFeeRequestSchema,
  estimateFeeSchema,
  mempoolSchema,
  messageListSchema,
  submitOutcomeSchema,
  submitTransactionSchema,
  submitTransactionsSchema,
  transactionListSchema,
  transactionSchema,
} from './schemas/transaction.ts';

const TRANSACTION_PROBLEMS = [
  'BODY_TOO_LARGE',
  'JSON_INVALID',
  'CONTENT_TYPE_UNSUPPORTED',
  'TX_TYPE_UNKNOWN',
  'TX_TYPE_INACTIVE',
  'TX_PAYLOAD_INVALID',
  'TX_TOO_LARGE',
  'TX_BAD_KEY',
  'TX_BAD_SIGNATURE',
  'TX_WRONG_CHAIN',
  'TX_FEE_TOO_LOW',
  'TX_EXPIRED',
  'TX_VALID_UNTIL_TOO_FAR',
  'TX_NONCE_TOO_LOW',
  'TX_NONCE_TOO_FAR',
  'TX_INSUFFICIENT_BALANCE',
  'TX_REPLACEMENT_UNDERPRICED',
  'MEMPOOL_SENDER_LIMIT',
  'MEMPOOL_FULL',
  'LEDGER_BEHIND',
  'CHAIN_FULL',
] as const;

/** Routes that submit and read transactions and messages. */
export const TRANSACTION_ROUTES = [
  {
    name: 'send_tx',
    method: 'POST',
    path: '/rpc/send_tx',
    aliases: ['/rpc/transaction', '/rpc/sendTx', '/api/v1/transaction/create/'],
    scope: 'chain',
    tag: 'transactions',
    summary: 'Submit a signed transaction',
    description: 'Idempotent: the same bytes again get the same answer.',
    query: waitQuery,
    body: { schema: submitTransactionSchema, bytesMax: BODY_BYTES_TX },
    answers: outcomeAnswers,
    problems: TRANSACTION_PROBLEMS,
  },
  {
    name: 'send_txs',
    method: 'POST',
    path: '/rpc/send_txs',
    aliases: [],
    scope: 'chain',
    tag: 'transactions',
    summary: 'Submit up to 500 signed transactions',
    description: 'One result per transaction, in order; one that is refused does not stop the others.',
    query: waitQuery,
    body: { schema: submitTransactionsSchema, bytesMax: BODY_BYTES_TXS },
    answers: {
      200: {
        description: 'Results in order: an outcome, or `{error: problem}`',
        schema: z.object({
          results: z.array(z.union([submitOutcomeSchema, z.object({ error: problemSchema })])),
        }),
      },
    },
    problems: ['BODY_TOO_LARGE', 'JSON_INVALID', 'CONTENT_TYPE_UNSUPPORTED'],
  },
  {
    name: 'get_transaction',
    method: 'GET',
    path: '/rpc/transaction/{hash}',
    aliases: ['/rpc/transactions/{hash}', '/rpc/tx/{hash}'],
    scope: 'chain',
    tag: 'transactions',
    summary: 'One transaction, pending, final or departed',
    params: hashParams,
    answers: ok('The transaction and where it stands', transactionSchema),
    problems: ['TX_UNKNOWN'],
  },
  {
    name: 'get_transactions',
    method: 'GET',
    path: '/rpc/transactions',
    aliases: [],
    scope: 'chain',
    tag: 'transactions',
    summary: 'Final transactions, newest first',
    query: z.strictObject({
      address: addressSchema.optional().meta({ description: 'Sender or recipient' }),
      type: z
        .string()
        .regex(/^[a-z][a-z0-9_]{0,31}$/)
        .optional()
        .meta({ description: 'Name of a transaction type', example: 'transfer' }),
      order: orderText,
      ...pageShape,
    }),
    answers: ok('One page', transactionListSchema),
    problems: ['CURSOR_INVALID', 'TX_TYPE_UNKNOWN'],
  },
  {
    name: 'get_mempool',
    method: 'GET',
    path: '/rpc/mempool',
    aliases: ['/rpc/pending', '/api/v1/transaction/transaction_pool/'],
    scope: 'chain',
    tag: 'transactions',
    summary: 'Pending transactions',
    query: z.strictObject(pageShape),
    answers: ok('One page', mempoolSchema),
    problems: ['CURSOR_INVALID'],
  },
  {
    name: 'estimate_fee',
    method: 'POST',
    path: '/rpc/estimate_fee',
    aliases: ['/rpc/estimateFee'],
    scope: 'chain',
    tag: 'transactions',
    summary: 'Least fee of a transaction',
    body: { schema: estimateFeeRequestSchema, bytesMax: BODY_BYTES_TX },
    answers: ok('The fee by the parameters of the chain', estimateFeeSchema),
    problems: [
      'BODY_TOO_LARGE',
      'JSON_INVALID',
      'CONTENT_TYPE_UNSUPPORTED',
      'TX_TYPE_UNKNOWN',
      'TX_PAYLOAD_INVALID',
    ],
  },
  {
    name: 'get_messages',
    method: 'GET',
    path: '/rpc/messages',
    aliases: [],
    scope: 'chain',
    tag: 'transactions',
    summary: 'Messages of an address, newest first',
    query: z.strictObject({ address: addressSchema, box: boxText, order: orderText, ...pageShape }),
    answers: ok('One page', messageListSchema),
    problems: ['CURSOR_INVALID'],
  },
] as const satisfies readonly RouteSpec[];
