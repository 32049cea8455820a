/** @module Transactions, receipts and messages on the wire, and what submitting one takes and answers. */
import { z } from 'zod';
import { MESSAGE_BODY_BYTES_MAX } from '../../protocol/primitives/limits.ts';
import { ASSET_BYTES_MAX, CONTENT_TYPE_BYTES_MAX } from '../../protocol/transaction/limits.ts';
import { CONTENT_TYPE_PATTERN } from '../../protocol/transaction/types/message.ts';
import {
  addressSchema,
  amountSchema,
  chainIdSchema,
  countSchema,
  hashSchema,
  hexUpTo,
  nextCursorSchema,
  publicKeySchema,
  signatureSchema,
  timeSchema,
} from './scalars.ts';

/** Transactions of one send_txs. */
export const SEND_TXS_MAX = 500;

export const transferPayloadSchema = z
  .strictObject({
    recipient: addressSchema,
    amount: amountSchema,
    asset: z
      .string()
      .max(ASSET_BYTES_MAX)
      .optional()
      .meta({ description: 'Absent = the native asset', example: '' }),
  })
  .meta({ id: 'TransferPayload' });

export const messagePayloadSchema = z
  .strictObject({
    recipient: addressSchema,
    content_type: z
      .string()
      .max(CONTENT_TYPE_BYTES_MAX)
      .regex(CONTENT_TYPE_PATTERN)
      .meta({ description: 'Media type of the body', example: 'text/plain' }),
    body: hexUpTo(MESSAGE_BODY_BYTES_MAX).meta({
      description: 'Bytes of the message',
      example: '0x68656c6c6f',
    }),
  })
  .meta({ id: 'MessagePayload' });

const typeSchema = z
  .union([z.string().regex(/^[a-z][a-z0-9_]{0,31}$/), z.int().min(0).max(65_535)])
  .meta({ description: 'Name of the transaction type, or its code', example: 'transfer' });
const typeNameSchema = z.string().meta({ description: 'Name of the transaction type', example: 'transfer' });
const payloadSchema = z.record(z.string(), z.unknown()).meta({
  description: 'Fields of the type: see TransferPayload and MessagePayload',
  example: { recipient: '0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed', amount: '25' },
});

const submitShape = {
  type: typeSchema,
  public_key: publicKeySchema,
  nonce: countSchema.meta({ description: 'Next nonce of the account; the first is 0', example: 0 }),
  fee: amountSchema,
  valid_until: countSchema.meta({ description: 'Last height at which it may be included', example: 1000 }),
  payload: payloadSchema,
  signature: signatureSchema,
  chain_id: chainIdSchema.optional(),
  genesis_hash: hashSchema.optional(),
};

/** The body of send_tx. Unknown members are refused: a misspelt one must not be dropped in silence. */
export const submitTransactionSchema = z.strictObject(submitShape).meta({ id: 'SubmitTransaction' });

export const submitTransactionsSchema = z
  .strictObject({
    // Entries are checked one by one, so that one bad entry fails alone.
    transactions: z
      .array(z.unknown().meta({ description: 'As SubmitTransaction', type: 'object' }))
      .min(1)
      .max(SEND_TXS_MAX),
  })
  .meta({ id: 'SubmitTransactions' });

export const estimateFeeRequestSchema = z
  .strictObject({
    type: typeSchema.optional(),
    payload: payloadSchema,
    public_key: publicKeySchema.optional(),
    nonce: countSchema.optional(),
    fee: amountSchema.optional(),
    valid_until: countSchema.optional(),
    signature: signatureSchema.optional(),
  })
  .meta({ id: 'EstimateFeeRequest' });

export const estimateFeeSchema = z
  .object({
    type: typeNameSchema,
    fee: amountSchema.meta({ description: 'Least fee that the chain takes for this transaction' }),
    min_fee: amountSchema,
    fee_per_byte: amountSchema,
    new_account_fee: amountSchema.meta({
      description: 'Taken on top where the transaction opens an account',
    }),
    size_bytes: countSchema,
  })
  .meta({ id: 'FeeEstimate' });

export const STATUSES = ['pending', 'final', 'replaced', 'expired', 'evicted', 'dropped'] as const;
const statusSchema = z.enum(STATUSES).meta({ description: 'Where the transaction stands', example: 'final' });

export const eventSchema = z
  .object({
    name: z.string().meta({ example: 'transfer' }),
    values: z.array(z.string()).meta({
      description: 'In documented order: bytes as 0x-hex, integers as decimal strings',
      example: ['25'],
    }),
  })
  .meta({ id: 'ReceiptEvent' });

export const receiptSchema = z
  .object({
    status: z.string().meta({ description: 'Name of the status; OK = applied', example: 'OK' }),
    code: countSchema.meta({ description: 'Code of the status; 0 = applied', example: 0 }),
    fee: amountSchema.meta({ description: 'Fee taken' }),
    events: z.array(eventSchema),
  })
  .meta({ id: 'Receipt' });

const contentShape = {
  tx_hash: hashSchema,
  type: typeNameSchema,
  sender: addressSchema,
  recipient: addressSchema.optional(),
  public_key: publicKeySchema,
  nonce: countSchema,
  fee: amountSchema,
  valid_until: countSchema,
  payload: payloadSchema,
  signature: signatureSchema,
  size_bytes: countSchema,
};

/** A transaction without its place: as it stands in a block or in the mempool. */
export const transactionContentSchema = z.object(contentShape).meta({ id: 'TransactionContent' });
/** A transaction of a block, with its receipt. */
export const blockTransactionSchema = z
  .object({ ...contentShape, receipt: receiptSchema.optional() })
  .meta({ id: 'BlockTransaction' });
/** A pending transaction. */
export const pendingTransactionSchema = z
  .object({ ...contentShape, status: z.literal('pending'), received_at: timeSchema })
  .meta({ id: 'PendingTransaction' });

export const transactionSchema = z
  .object({
    tx_hash: hashSchema,
    status: statusSchema,
    type: contentShape.type.optional(),
    sender: contentShape.sender.optional(),
    recipient: contentShape.recipient,
    public_key: contentShape.public_key.optional(),
    nonce: contentShape.nonce.optional(),
    fee: contentShape.fee.optional(),
    valid_until: contentShape.valid_until.optional(),
    payload: contentShape.payload.optional(),
    signature: contentShape.signature.optional(),
    size_bytes: contentShape.size_bytes.optional(),
    height: countSchema.optional(),
    tx_index: countSchema.optional(),
    block_hash: hashSchema.optional(),
    timestamp: timeSchema.optional(),
    receipt: receiptSchema.optional(),
  })
  .meta({ id: 'Transaction', description: 'Content and place are absent where the node no longer has them' });

export const submitOutcomeSchema = z
  .object({
    tx_hash: hashSchema,
    status: statusSchema,
    height: countSchema.optional(),
    tx_index: countSchema.optional(),
    receipt_status: z.string().optional().meta({ description: 'Name of the receipt status', example: 'OK' }),
    receipt_code: countSchema.optional(),
    status_url: z.string().meta({ example: `/rpc/transaction/0x${'3a'.repeat(32)}` }),
  })
  .meta({ id: 'SubmitOutcome' });

export const messageSchema = z
  .object({
    tx_hash: hashSchema,
    height: countSchema,
    tx_index: countSchema,
    sender: addressSchema,
    recipient: addressSchema,
    content_type: z.string().meta({ example: 'text/plain' }),
    body: z.string().meta({ example: '0x68656c6c6f' }),
    timestamp: timeSchema,
  })
  .meta({ id: 'Message' });

export const transactionListSchema = z
  .object({ transactions: z.array(transactionSchema), next_cursor: nextCursorSchema, height: countSchema })
  .meta({ id: 'TransactionList' });
export const messageListSchema = z
  .object({ messages: z.array(messageSchema), next_cursor: nextCursorSchema, height: countSchema })
  .meta({ id: 'MessageList' });
export const mempoolSchema = z
  .object({
    transactions: z.array(pendingTransactionSchema),
    next_cursor: nextCursorSchema,
    height: countSchema,
    count: countSchema.meta({ description: 'Pending transactions of the whole pool' }),
    bytes: countSchema.meta({ description: 'Their size' }),
  })
  .meta({ id: 'Mempool' });

export type SubmitTransactionWire = z.infer<typeof submitTransactionSchema>;
export type ReceiptWire = z.infer<typeof receiptSchema>;
export type TransactionContentWire = z.infer<typeof transactionContentSchema>;
export type BlockTransactionWire = z.infer<typeof blockTransactionSchema>;
export type PendingTransactionWire = z.infer<typeof pendingTransactionSchema>;
export type TransactionWire = z.infer<typeof transactionSchema>;
export type SubmitOutcomeWire = z.infer<typeof submitOutcomeSchema>;
export type MessageWire = z.infer<typeof messageSchema>;
export type FeeEstimateWire = z.infer<typeof estimateFeeSchema>;
