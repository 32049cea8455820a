/** @module The RPC of one real node as a test sees it: plain HTTP, problems, signed transfers. */
import { expect } from 'vitest';
import { submittedOf, transactionContentToWire } from '../../shared/api/convert.ts';
import { PROBLEM_TYPE, PROBLEMS, type ProblemCode } from '../../shared/api/problems.ts';
import { parseHash } from '../../shared/protocol/primitives/hash.ts';
import { builtInTransactions } from '../../shared/protocol/transaction/registry.ts';
import { signTransaction } from '../../shared/protocol/transaction/sign.ts';
import { startTestNode, type TestNode, type TestNodeOptions } from './node.ts';

/** The node of the test file. */
export let node: TestNode;

/** Starts it, with a fee that can be too low; stop it with {@link stopRpcNode}. */
export async function startRpcNode(options: TestNodeOptions = {}): Promise<void> {
  node = await startTestNode({ params: { minFee: 100n }, ...options });
}

/** Stops it, if it ever started. */
export async function stopRpcNode(): Promise<void> {
  await node?.stop();
}

/** A JSON object. */
export type Json = Record<string, unknown>;
/** What came back. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Json;
}

/** One request; the body as JSON, or as `text`. */
export async function call(path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(node.url + path, { redirect: 'manual', ...init });
  const text = await response.text();
  const body = /json/.test(response.headers.get('content-type') ?? '')
    ? (JSON.parse(text) as Json)
    : { text };
  return { status: response.status, headers: response.headers, body };
}
/** GET with headers. */
export const get = (path: string, headers: Record<string, string> = {}) => call(path, { headers });
/** POST of a JSON value, or of a ready text. */
export const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** The reply is the problem of this code, in every form that it has. */
export function expectProblem(reply: Reply, code: ProblemCode): void {
  expect(reply.body).toMatchObject({ code, status: PROBLEMS[code].status, type: `/problems/${code}` });
  expect(reply.status).toBe(PROBLEMS[code].status);
  expect(reply.headers.get('content-type')).toBe(PROBLEM_TYPE);
  expect(reply.headers.get('x-request-id')).toBe(reply.body.request_id);
}

/** What a test chooses of a transfer. */
export interface TransferFields {
  readonly nonce: number;
  readonly fee?: bigint;
  readonly amount?: bigint;
  readonly validUntil?: number;
  readonly genesisHash?: string;
}

/** A signed transfer from account `from` to the next account, ready to be sent. */
export function transfer(from: number, fields: TransferFields): Json {
  const sender = node.accounts[from];
  const recipient = node.accounts[(from + 1) % node.accounts.length];
  if (sender === undefined || recipient === undefined) throw new Error('the node has ten accounts');
  const { nonce, fee = 10_000n, amount = 5n, validUntil = 1_000, genesisHash = node.genesisHash } = fields;
  const payload = { recipient: recipient.address, asset: '', amount };
  const unsigned = { type: 0, nonce, fee, validUntil, payload };
  const signed = signTransaction(unsigned, parseHash(genesisHash), sender.signer, builtInTransactions);
  return { ...submittedOf(transactionContentToWire(signed, builtInTransactions)) };
}

/** Waits until the ledger has what is final now. */
export async function ledgerCaughtUp(): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const { body } = await get('/sync_status');
    if (Number(body.head_height) > 0 && body.head_height === body.ledger_height)
      return Number(body.head_height);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the ledger does not catch up');
}
