/**
 * @module Submitting transactions: parse, encode, check, verify the signature here, where CPU scales out; the chain's
 * object only sees canonical bytes of valid transactions.
 */

import { checkShape } from '../../../shared/api/check-shape.ts';
import { encodeSubmitted } from '../../../shared/api/convert.ts';
import type { Result, SubmitOutcome } from '../../../shared/api/objects.ts';
import { ApiError, toProblem } from '../../../shared/api/problems.ts';
import { WAIT_MS_DEFAULT } from '../../../shared/api/routes.ts';
import {
  type SubmitOutcomeWire,
  type SubmitTransactionWire,
  submitTransactionSchema,
} from '../../../shared/api/schemas/transaction.ts';
import { readTransaction } from '../../../shared/ledger/read-transactions.ts';
import { nativeVerifier } from '../../../shared/native/verifier.ts';
import { checkTransaction, checkTransactionSignature } from '../../../shared/protocol/transaction/check.ts';
import { decodeTransaction } from '../../../shared/protocol/transaction/encode.ts';
import { TransactionError } from '../../../shared/protocol/transaction/errors.ts';
import { receiptStatusName } from '../../../shared/protocol/transaction/receipt-status.ts';
import { nodeTransactions } from '../../../shared/protocol/transaction/registry.ts';
import type { SignedTransaction } from '../../../shared/protocol/transaction/transaction.ts';
import type { Answer, ChainContext, RouteInput } from '../../context.ts';
import { chainStub } from '../../env.ts';
import { type ChainFacts, chainFacts } from '../chain-facts.ts';
import { readLedger } from '../ledger.ts';
import { callResult, unwrap } from '../objects.ts';
import { newerParams, recentParams } from '../params-in-force.ts';
import { toApiError } from '../to-api-error.ts';

interface Wait {
  readonly wait: 'none' | 'final';
  readonly wait_ms: number;
}

interface Prepared {
  readonly hash: string;
  readonly bytes: Uint8Array;
}

/** POST /rpc/send_tx. */
export async function sendTx(context: ChainContext, { query, body }: RouteInput): Promise<Answer> {
  const facts = await chainFacts(context.env, context.chain);
  const wait = waitOf(query);
  const { hash, bytes } = await prepare(context, facts, body as SubmitTransactionWire, '/body');
  const [result] = await submit(context, [bytes], wait);
  const outcome = unwrap((await settled(context, hash, result)) ?? missingResult());
  const isFinal = outcome.status === 'final' && wait.wait === 'final';
  const wire = outcomeToWire(context, outcome);
  return {
    status: isFinal ? 200 : 202,
    body: wire,
    servedBy: 'chain',
    ...(outcome.height === undefined ? {} : { height: outcome.height }),
    headers: { location: wire.status_url },
  };
}

/** POST /rpc/send_txs. */
export async function sendTxs(context: ChainContext, { query, body }: RouteInput): Promise<Answer> {
  const facts = await chainFacts(context.env, context.chain);
  const { transactions } = body as { transactions: readonly unknown[] };
  const prepared = await Promise.all(
    transactions.map((json, index) => tryPrepare(context, facts, json, `/body/transactions/${index}`)),
  );
  const sound = prepared.flatMap((entry) => (entry instanceof ApiError ? [] : [entry.bytes]));
  const results = sound.length === 0 ? [] : await submit(context, sound, waitOf(query));
  let next = 0;
  const answers = prepared.map(async (entry) => {
    if (entry instanceof ApiError) return { error: toProblem(entry, context.requestId) };
    const result = (await settled(context, entry.hash, results[next++])) ?? missingResult();
    if (result.ok) return outcomeToWire(context, result.value);
    return { error: toProblem(result.problem, context.requestId) };
  });
  const outcomes = await Promise.all(answers);
  const heights = outcomes.flatMap((outcome) => ('height' in outcome ? [outcome.height ?? 0] : []));
  const height = heights.length === 0 ? {} : { height: Math.max(...heights) };
  return { status: 200, body: { results: outcomes }, servedBy: 'chain', ...height };
}

function waitOf(query: RouteInput['query']): Wait {
  const wait = query.wait === 'final' ? 'final' : 'none';
  return { wait, wait_ms: (query.wait_ms as number | undefined) ?? WAIT_MS_DEFAULT };
}

function submit(context: ChainContext, bytes: Uint8Array[], wait: Wait): Promise<Result<SubmitOutcome>[]> {
  return callResult(() => chainStub(context.env, context.chain.chain_id).submit(bytes, wait));
}

function missingResult(): never {
  throw new Error('the chain answered fewer outcomes than transactions');
}

/** Canonical bytes of a transaction that passed every check that needs no state. Throws what {@link toApiError} knows. */
async function prepare(
  context: ChainContext,
  facts: ChainFacts,
  wire: SubmitTransactionWire,
  pointer: string,
): Promise<Prepared> {
  checkNamedChain(context, wire, pointer);
  const bytes = encodeSubmitted(wire, nodeTransactions, pointer);
  const signed = decodeTransaction(bytes, nodeTransactions);
  await checkByParams(context, signed);
  checkTransactionSignature(signed, facts.genesisHash, nativeVerifier);
  return { hash: signed.hash, bytes };
}

/** A refusal stands only by the newest parameters: a vote may have lowered a fee a moment ago. */
async function checkByParams(context: ChainContext, signed: SignedTransaction): Promise<void> {
  const params = await recentParams(context);
  try {
    checkTransaction(signed, params, nodeTransactions);
  } catch (error) {
    if (!(error instanceof TransactionError)) throw error;
    const newer = await newerParams(context);
    if (newer === null) throw error;
    checkTransaction(signed, newer, nodeTransactions);
  }
}

async function tryPrepare(
  context: ChainContext,
  facts: ChainFacts,
  json: unknown,
  pointer: string,
): Promise<Prepared | ApiError> {
  try {
    return await prepare(context, facts, checkShape(submitTransactionSchema, json, pointer), pointer);
  } catch (error) {
    const known = toApiError(error);
    if (known === null) throw error;
    return known;
  }
}

function checkNamedChain(context: ChainContext, wire: SubmitTransactionWire, pointer: string): void {
  const { chain_id, genesis_hash } = context.chain;
  const wrongId = wire.chain_id !== undefined && wire.chain_id !== chain_id;
  const wrongHash = wire.genesis_hash !== undefined && wire.genesis_hash !== genesis_hash;
  if (!wrongId && !wrongHash) return;
  throw new ApiError('TX_WRONG_CHAIN', 'the transaction names another chain than the one it was sent to', {
    extra: { chain_id, genesis_hash },
    errors: [{ pointer: `${pointer}/${wrongId ? 'chain_id' : 'genesis_hash'}`, detail: 'not this chain' }],
  });
}

/**
 * The outcome of a transaction whose nonce the chain calls used: it may be that very one, in a block that only the ledger
 * remembers. `ledger_height` is how far the ledger must be to know; a ledger that cannot answer is no "used".
 */
async function settled(
  context: ChainContext,
  hash: string,
  result: Result<SubmitOutcome> | undefined,
): Promise<Result<SubmitOutcome> | undefined> {
  if (result === undefined || result.ok || result.problem.code !== 'TX_NONCE_TOO_LOW') return result;
  const { ledger_height: ledgerHeight, ...extra } = result.problem.extra ?? {};
  const refused = { ok: false, problem: { ...result.problem, extra } } as const;
  if (typeof ledgerHeight !== 'number' || ledgerHeight === 0) return refused;
  try {
    const read = await readLedger(context, () => readTransaction(hash), { minHeight: ledgerHeight });
    if (read.value === null) return refused;
    const { height, txIndex, status } = read.value;
    return {
      ok: true,
      value: { tx_hash: hash, status: 'final', height, tx_index: txIndex, receipt_status: status },
    };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const detail = 'the nonce is used, and the ledger that knows by which transaction does not answer';
    return { ok: false, problem: { code: 'LEDGER_UNAVAILABLE', detail, extra } };
  }
}

function outcomeToWire(context: ChainContext, outcome: SubmitOutcome): SubmitOutcomeWire {
  const { receipt_status, ...rest } = outcome;
  return {
    ...rest,
    ...(receipt_status === undefined
      ? {}
      : { receipt_status: receiptStatusName(receipt_status), receipt_code: receipt_status }),
    status_url: `${context.pathPrefix}/rpc/transaction/${outcome.tx_hash}`,
  };
}
