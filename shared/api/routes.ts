/**
 * @module The route table: every HTTP operation of a node, once. The Worker mounts it, JSON-RPC calls it by name, the
 * OpenAPI document and the SDK read it.
 */
import { z } from 'zod';
import { BODY_BYTES_GENESIS, BODY_BYTES_TX, BODY_BYTES_TXS, type RouteSpec } from './route-spec.ts';
import { accountSchema, balanceSchema } from './schemas/account.ts';
import {
  blockListSchema,
  blockSchema,
  blocksRangeSchema,
  headSchema,
  RANGE_BLOCKS_MAX,
} from './schemas/block.ts';
import {
  chainListSchema,
  chainSchema,
  genesisDocumentSchema,
  genesisSchema,
  healthSchema,
  infoSchema,
  livezSchema,
  problemSchema,
  readyzSchema,
  rebuildSchema,
  syncStatusSchema,
} from './schemas/node.ts';
import {
  addressSchema,
  chainIdSchema,
  countText,
  cursorText,
  flagText,
  hashSchema,
  limitText,
} from './schemas/scalars.ts';
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

/** Longest wait of `wait=final`, in milliseconds. */
export const WAIT_MS_MAX = 30_000;
/** Wait of `wait=final` that names none. */
export const WAIT_MS_DEFAULT = 10_000;

const height = (description: string) => ({ type: 'integer', minimum: 0, description, example: 7 });
const includeTx = (fallback: boolean) =>
  flagText
    .optional()
    .meta({ type: 'boolean', default: fallback, description: 'Whole transactions', example: fallback });
const orderText = z
  .enum(['asc', 'desc'])
  .optional()
  .meta({ description: 'By height; desc unless said', example: 'desc' });
const boxText = z
  .enum(['inbox', 'sent'])
  .optional()
  .meta({ description: 'inbox unless said', example: 'inbox' });
const waitQuery = z.strictObject({
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
const blockParams = z.strictObject({
  block_id: z
    .string()
    .regex(BLOCK_ID_PATTERN, 'expected a height, a hash, latest or earliest')
    .meta({ description: 'Height, hash, `latest` or `earliest`; 0 shows the genesis', example: 'latest' }),
});
const hashParams = z.strictObject({ hash: hashSchema });
const addressParams = z.strictObject({ address: addressSchema });
const chainParams = z.strictObject({ chain_id: chainIdSchema });
const pageShape = { limit: limitText, cursor: cursorText };
const ok = (description: string, schema: z.ZodType) => ({ 200: { description, schema } });
const outcomeAnswers = {
  200: { description: 'Final', schema: submitOutcomeSchema },
  202: { description: 'Durable in the mempool; status_url tells the rest', schema: submitOutcomeSchema },
};

const BLOCK_ROUTES = [
  {
    name: 'get_head',
    method: 'GET',
    path: '/rpc/get_head',
    aliases: ['/rpc/head', '/rpc/height'],
    scope: 'chain',
    tag: 'blocks',
    summary: 'Head of the chain',
    description: 'Known to the node without waking an idle chain.',
    answers: ok('The newest final block in short', headSchema),
    problems: [],
  },
  {
    name: 'get_block',
    method: 'GET',
    path: '/rpc/get_block/{block_id}',
    aliases: ['/rpc/blocks/{block_id}', '/rpc/block/{block_id}'],
    scope: 'chain',
    tag: 'blocks',
    summary: 'One block',
    params: blockParams,
    query: z.strictObject({ include_tx: includeTx(true) }),
    answers: ok('The block with its commit certificate', blockSchema),
    problems: ['BLOCK_UNKNOWN'],
  },
  {
    name: 'get_blocks',
    method: 'GET',
    path: '/rpc/blocks',
    aliases: ['/api/v1/blockchain/'],
    scope: 'chain',
    tag: 'blocks',
    summary: 'Blocks, newest first',
    query: z.strictObject({ ...pageShape, order: orderText }),
    answers: ok('One page, without transactions: get_block and blocks-range have them', blockListSchema),
    problems: ['CURSOR_INVALID'],
  },
  {
    name: 'get_blocks_range',
    method: 'GET',
    path: '/rpc/blocks-range',
    aliases: [],
    scope: 'chain',
    tag: 'blocks',
    summary: 'Blocks of a range of heights, ascending',
    description: `At most ${RANGE_BLOCKS_MAX} blocks or 8 MB an answer; next_start says where to go on.`,
    query: z.strictObject({
      start: countText().optional().meta(height('First height; 1 unless said')),
      end: countText().optional().meta(height('Last height')),
      limit: countText(RANGE_BLOCKS_MAX, 1)
        .optional()
        .meta({ type: 'integer', description: 'Alone: the newest blocks, so many', example: 10 }),
      include_tx: includeTx(true),
    }),
    answers: ok('The blocks', blocksRangeSchema),
    problems: ['RANGE_INVALID'],
  },
] as const satisfies readonly RouteSpec[];

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
] as const;

const TRANSACTION_ROUTES = [
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

const ACCOUNT_ROUTES = [
  {
    name: 'get_balance',
    method: 'GET',
    path: '/rpc/get_balance/{address}',
    aliases: ['/rpc/getBalance/{address}'],
    scope: 'chain',
    tag: 'accounts',
    summary: 'Balance and nonce',
    params: addressParams,
    answers: ok('Zeros for an unknown address', balanceSchema),
    problems: [],
  },
  {
    name: 'get_account',
    method: 'GET',
    path: '/rpc/accounts/{address}',
    aliases: ['/rpc/account/{address}'],
    scope: 'chain',
    tag: 'accounts',
    summary: 'Account with its pending nonce',
    params: addressParams,
    answers: ok('exists is false for an unknown address', accountSchema),
    problems: [],
  },
] as const satisfies readonly RouteSpec[];

const CHAIN_ROUTES = [
  {
    name: 'get_genesis',
    method: 'GET',
    path: '/rpc/genesis',
    aliases: [],
    scope: 'chain',
    tag: 'chains',
    summary: 'Genesis of the chain',
    answers: ok('The document and its hash', genesisSchema),
    problems: [],
  },
  {
    name: 'get_info',
    method: 'GET',
    path: '/rpc/info',
    aliases: ['/rpc/status'],
    scope: 'chain',
    tag: 'chains',
    summary: 'Parameters, limits and versions',
    answers: ok('The chain and the node that serves it', infoSchema),
    problems: [],
  },
  {
    name: 'get_sync_status',
    method: 'GET',
    path: '/sync_status',
    aliases: ['/rpc/sync_status', '/rpc/syncStatus'],
    scope: 'chain',
    tag: 'chains',
    summary: 'How far head and ledger are',
    answers: ok('Head and ledger', syncStatusSchema),
    problems: [],
  },
  {
    name: 'get_chains',
    method: 'GET',
    path: '/chains',
    aliases: ['/rpc/chains'],
    scope: 'node',
    tag: 'chains',
    summary: 'Chains of this node',
    answers: ok('All of them: a node runs a bounded number', chainListSchema),
    problems: [],
  },
  {
    name: 'get_chain',
    method: 'GET',
    path: '/chains/{chain_id}',
    aliases: [],
    scope: 'node',
    tag: 'chains',
    summary: 'One chain',
    params: chainParams,
    answers: ok('The chain', chainSchema),
    problems: ['CHAIN_UNKNOWN'],
  },
  {
    name: 'create_chain',
    method: 'POST',
    path: '/chains',
    aliases: [],
    scope: 'node',
    tag: 'chains',
    summary: 'Create a chain from its genesis',
    description: 'Idempotent for the same genesis. The body is the document, or what get_genesis answers.',
    body: { schema: genesisDocumentSchema, bytesMax: BODY_BYTES_GENESIS },
    answers: { 201: { description: 'Created, or there already', schema: chainSchema } },
    problems: [
      'BODY_TOO_LARGE',
      'JSON_INVALID',
      'CONTENT_TYPE_UNSUPPORTED',
      'GENESIS_INVALID',
      'CHAIN_EXISTS',
      'CHAIN_LIMIT',
      'CHAIN_NOT_RUNNABLE',
    ],
    admin: true,
  },
  {
    name: 'rebuild_ledger',
    method: 'POST',
    path: '/ledger/rebuild',
    aliases: ['/admin/ledger/rebuild'],
    scope: 'chain',
    tag: 'chains',
    summary: 'Drop the ledger of a chain and write it again',
    answers: { 202: { description: 'Started', schema: rebuildSchema } },
    problems: ['LEDGER_REBUILD_REFUSED', 'LEDGER_NONE'],
    admin: true,
  },
] as const satisfies readonly RouteSpec[];

const NODE_ROUTES = [
  {
    name: 'health',
    method: 'GET',
    path: '/health',
    aliases: [],
    scope: 'node',
    tag: 'node',
    summary: 'Summary for people',
    answers: ok('The node and its chains', healthSchema),
    problems: [],
  },
  {
    name: 'livez',
    method: 'GET',
    path: '/livez',
    aliases: ['/ping/'],
    scope: 'node',
    tag: 'node',
    summary: 'The process answers',
    answers: ok('Always', livezSchema),
    problems: [],
    restOnly: true,
    withoutSettings: true,
  },
  {
    name: 'readyz',
    method: 'GET',
    path: '/readyz',
    aliases: [],
    scope: 'node',
    tag: 'node',
    summary: 'The node can serve',
    answers: {
      200: { description: 'Ready', schema: readyzSchema },
      503: { description: 'Not ready', schema: readyzSchema },
    },
    problems: [],
    restOnly: true,
  },
  {
    name: 'metrics',
    method: 'GET',
    path: '/metrics',
    aliases: [],
    scope: 'node',
    tag: 'node',
    summary: 'Prometheus metrics',
    answers: {
      200: { description: 'Text exposition', schema: z.string(), type: 'text/plain' },
    },
    problems: [],
    restOnly: true,
  },
] as const satisfies readonly RouteSpec[];

/** Every operation of a node. */
export const ROUTES = [
  ...BLOCK_ROUTES,
  ...TRANSACTION_ROUTES,
  ...ACCOUNT_ROUTES,
  ...CHAIN_ROUTES,
  ...NODE_ROUTES,
] as const satisfies readonly RouteSpec[];

/** Name of an operation, which is also its JSON-RPC method. */
export type RouteName = (typeof ROUTES)[number]['name'];

/** `get_head` -> `getHead`. */
export function operationId(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
