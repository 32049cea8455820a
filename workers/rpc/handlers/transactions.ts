/** @module Routes that read transactions, messages and the mempool, and the fee estimate. */
import {
  messageToWire,
  payloadFromWire,
  pendingToWire,
  transactionToWire,
  transactionTypeOf,
} from '../../../shared/api/convert.ts';
import type { StoredBlock } from '../../../shared/api/objects.ts';
import { ApiError } from '../../../shared/api/problems.ts';
import { PAGE_LIMIT_DEFAULT } from '../../../shared/api/schemas/scalars.ts';
import type { TransactionWire } from '../../../shared/api/schemas/transaction.ts';
import { readMessages, readTransaction, readTransactions } from '../../../shared/ledger/read-transactions.ts';
import type { TransactionRow } from '../../../shared/ledger/transaction-row.ts';
import { decodeBody } from '../../../shared/protocol/block/encode.ts';
import { decode } from '../../../shared/protocol/codec/codec.ts';
import { parseAmount } from '../../../shared/protocol/primitives/amount.ts';
import { assert } from '../../../shared/protocol/primitives/assert.ts';
import { fromHex } from '../../../shared/protocol/primitives/bytes.ts';
import { RECEIPTS_BYTES_MAX } from '../../../shared/protocol/primitives/limits.ts';
import { decodeTransaction, encodeTransaction } from '../../../shared/protocol/transaction/encode.ts';
import { requiredFee } from '../../../shared/protocol/transaction/fees.ts';
import { decodeReceipts, receiptCodec } from '../../../shared/protocol/transaction/receipt-codec.ts';
import { nodeTransactions } from '../../../shared/protocol/transaction/registry.ts';
import { type Answer, type ChainContext, chainAnswer, type RouteInput } from '../../context.ts';
import { chainStub } from '../../env.ts';
import { awaitHeight, headSnapshot } from '../head.ts';
import { servedByLedger, tryLedger } from '../ledger.ts';
import { readList } from '../list.ts';
import { callResult } from '../objects.ts';
import { paramsOf } from '../params-in-force.ts';

/** GET /rpc/transaction/{hash}: the ledger, then what the chain knows: pending, departed, or final a moment ago. */
export async function getTransaction(context: ChainContext, { params }: RouteInput): Promise<Answer> {
  const hash = String(params.hash);
  const read = await tryLedger(context, () => readTransaction(hash));
  if (read?.value != null) {
    return chainAnswer(rowToWire(read.value), read.height, servedByLedger(read), { etag: hash });
  }
  const found = await callResult(() => chainStub(context.env, context.chain.chain_id).transaction(hash));
  const height = await awaitHeight(context, read?.height ?? 0);
  if (found.block !== undefined) {
    const body = finalInBlock(found.block, found.tx_index ?? 0);
    return chainAnswer(body, Math.max(height, found.block.height), 'chain', { etag: hash });
  }
  if (found.pending !== undefined) {
    const { bytes, received_ms } = found.pending;
    return chainAnswer(pendingToWire(bytes, nodeTransactions, received_ms), height, 'chain');
  }
  if (found.status === 'unknown') return unknownToChain(context, hash, read === null);
  return chainAnswer({ tx_hash: hash, status: found.status } satisfies TransactionWire, height, 'chain');
}

/** A ledger that did not answer may hold it: TX_UNKNOWN without having looked there would be a lie. */
async function unknownToChain(context: ChainContext, hash: string, isUnread: boolean): Promise<Answer> {
  if (isUnread && context.settings.ledger !== undefined) {
    const read = await readList(context, () => readTransaction(hash), null);
    if (read.value !== null) {
      return chainAnswer(rowToWire(read.value), read.height, servedByLedger(read), { etag: hash });
    }
  }
  throw new ApiError('TX_UNKNOWN', 'no transaction has this hash');
}

/** A final transaction out of a stored block. */
export function finalInBlock(stored: StoredBlock, index: number): TransactionWire {
  const block = decodeBody(stored.body, nodeTransactions);
  const signed = block.transactions[index];
  assert(signed !== undefined, 'the index of a final transaction is within its block');
  const place = {
    height: stored.height,
    tx_index: index,
    block_hash: stored.hash,
    time_ms: block.header.timeMs,
  };
  return transactionToWire(signed.bytes, nodeTransactions, place, decodeReceipts(stored.receipts)[index]);
}

function rowToWire(row: TransactionRow): TransactionWire {
  const place = { height: row.height, tx_index: row.txIndex, block_hash: row.blockHash, time_ms: row.timeMs };
  return transactionToWire(
    row.bytes,
    nodeTransactions,
    place,
    decode(receiptCodec, row.receipt, RECEIPTS_BYTES_MAX),
  );
}

const NO_TRANSACTIONS = { transactions: [], nextCursor: null };

function pageOf(query: RouteInput['query']) {
  return {
    limit: (query.limit as number | undefined) ?? PAGE_LIMIT_DEFAULT,
    cursor: (query.cursor as string | undefined) ?? null,
    order: (query.order as 'asc' | 'desc' | undefined) ?? 'desc',
  };
}

/** GET /rpc/transactions. */
export async function getTransactions(context: ChainContext, { query }: RouteInput): Promise<Answer> {
  const type =
    query.type === undefined ? undefined : transactionTypeOf(String(query.type), nodeTransactions).type;
  const filter = {
    ...pageOf(query),
    ...(query.address === undefined ? {} : { address: String(query.address) }),
    ...(type === undefined ? {} : { type }),
  };
  const read = await readList(context, () => readTransactions(filter), NO_TRANSACTIONS);
  const body = {
    transactions: read.value.transactions.map(rowToWire),
    next_cursor: read.value.nextCursor,
    height: read.height,
  };
  return chainAnswer(body, read.height, servedByLedger(read));
}

/** GET /rpc/messages. */
export async function getMessages(context: ChainContext, { query }: RouteInput): Promise<Answer> {
  const box = (query.box as 'inbox' | 'sent' | undefined) ?? 'inbox';
  const filter = { ...pageOf(query), address: String(query.address), box };
  const read = await readList(context, () => readMessages(filter), NO_TRANSACTIONS);
  const messages = read.value.transactions.map((row) => {
    const place = { height: row.height, tx_index: row.txIndex, time_ms: row.timeMs };
    return messageToWire(decodeTransaction(row.bytes, nodeTransactions), place);
  });
  const body = { messages, next_cursor: read.value.nextCursor, height: read.height };
  return chainAnswer(body, read.height, servedByLedger(read));
}

/** Cursors of the mempool are places in its order of arrival. */
const ARRIVAL_CURSOR = /^[1-9]\d{0,14}$/;

/** GET /rpc/mempool. */
export async function getMempool(context: ChainContext, { query }: RouteInput): Promise<Answer> {
  const { limit, cursor } = pageOf(query);
  if (cursor !== null && !ARRIVAL_CURSOR.test(cursor)) {
    throw new ApiError('CURSOR_INVALID', 'not a cursor of the mempool');
  }
  const page = cursor === null ? { limit } : { limit, after: cursor };
  const read = () => callResult(() => chainStub(context.env, context.chain.chain_id).mempool(page));
  let pool = await read();
  if (pool.height < context.minHeight) {
    await awaitHeight(context, pool.height);
    pool = await read();
  }
  const body = {
    transactions: pool.transactions.map((tx) => pendingToWire(tx.bytes, nodeTransactions, tx.received_ms)),
    next_cursor: pool.next,
    height: pool.height,
    count: pool.total,
    bytes: pool.bytes,
  };
  return chainAnswer(body, pool.height, 'chain');
}

/** What an estimate takes for members that the request leaves out: of the greatest length, so that it never is too low. */
const WIDEST = { nonce: 2 ** 32, validUntil: 2 ** 32, fee: 2n ** 63n - 1n };

interface EstimateRequest {
  readonly type?: string | number;
  readonly payload: Record<string, unknown>;
  readonly public_key?: string;
  readonly nonce?: number;
  readonly fee?: string;
  readonly valid_until?: number;
  readonly signature?: string;
}

/** POST /rpc/estimate_fee. */
export async function estimateFee(context: ChainContext, { body }: RouteInput): Promise<Answer> {
  const request = body as EstimateRequest;
  const { snapshot, servedBy } = await headSnapshot(context);
  const params = await paramsOf(context, snapshot);
  const type = transactionTypeOf(request.type ?? 'transfer', nodeTransactions);
  const bytes = encodeTransaction(
    {
      type: type.type,
      publicKey: fromHex(request.public_key ?? `0x${'00'.repeat(32)}`),
      nonce: request.nonce ?? WIDEST.nonce,
      fee: request.fee === undefined ? WIDEST.fee : parseAmount(request.fee),
      validUntil: request.valid_until ?? WIDEST.validUntil,
      payload: payloadFromWire(type, request.payload),
      signature: fromHex(request.signature ?? `0x${'00'.repeat(64)}`),
    },
    nodeTransactions,
  );
  const estimate = {
    type: type.name,
    fee: requiredFee(params, bytes.length).toString(),
    min_fee: params.minFee.toString(),
    fee_per_byte: params.feePerByte.toString(),
    new_account_fee: params.newAccountFee.toString(),
    size_bytes: bytes.length,
  };
  return chainAnswer(estimate, snapshot.head.height, servedBy);
}
