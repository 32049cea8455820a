/** @module Builds, signs and submits transactions. Nonces of one client are given out one at a time. */

import type { Problem } from '../shared/api/problems.ts';
import { payloadToWire } from '../shared/api/wire-payload.ts';
import { parseAddress } from '../shared/protocol/primitives/address.ts';
import type { HashHex } from '../shared/protocol/primitives/brand.ts';
import { toHex } from '../shared/protocol/primitives/bytes.ts';
import { parseHash } from '../shared/protocol/primitives/hash.ts';
import { encodeTransaction } from '../shared/protocol/transaction/encode.ts';
import { nodeTransactions } from '../shared/protocol/transaction/registry.ts';
import { signTransaction } from '../shared/protocol/transaction/sign.ts';
import type { SignedTransaction } from '../shared/protocol/transaction/transaction.ts';
import { AtollError, errorOf } from './errors.ts';
import { SentTransaction } from './sent-transaction.ts';
import type { Signer } from './signer.ts';
import type { Transport } from './transport.ts';
import type {
  Account,
  CallOptions,
  Info,
  MessageRequest,
  PayloadRequest,
  SendOptions,
  SendRequest,
  SubmitOutcome,
  TransferRequest,
} from './types.ts';

/** Blocks for which a transaction stays valid unless it says otherwise. */
export const VALID_BLOCKS_DEFAULT = 1_000;
/** How long the fees that the chain takes are believed; a vote may change them. */
const FEES_MS = 30_000;
/** Transactions of one request of `sendMany`. */
const BATCH_MAX = 500;
const registry = nodeTransactions;

/** What the sender asks of the client that owns it. */
export interface SenderDeps {
  readonly transport: Transport;
  readonly signer: Signer | undefined;
  readonly info: (options: CallOptions) => Promise<Info>;
  readonly account: (address: string, options: CallOptions) => Promise<Account>;
}

/** Parameters that fees follow from. */
interface FeeParams {
  readonly minFee: bigint;
  readonly feePerByte: bigint;
  readonly newAccountFee: bigint;
}

/** What all transactions of one call share. */
interface Situation {
  readonly fees: FeeParams;
  readonly genesisHash: HashHex;
  readonly height: number;
}

export class Sender {
  readonly #deps: SenderDeps;
  #fees: (FeeParams & { readonly readMs: number }) | null = null;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(deps: SenderDeps) {
    this.#deps = deps;
  }

  /** Signs and submits. Resolves once the node has it durably: it is pending or final then. */
  async send(request: SendRequest, options: CallOptions = {}): Promise<SentTransaction> {
    const [sent] = await this.sendMany([request], options);
    if (sent instanceof SentTransaction) return sent;
    throw sent ?? new AtollError('ANSWER_INVALID', 'no outcome for the transaction');
  }

  /** Signs and submits in order; one outcome or error for each. */
  async sendMany(
    requests: readonly SendRequest[],
    options: CallOptions = {},
  ): Promise<(SentTransaction | AtollError)[]> {
    const ready = requests.every((request) => isSigned(request) || request.nonce !== undefined);
    const run = async () => this.#submit(await this.#build(requests, options), options);
    return ready ? run() : this.#inTurn(run);
  }

  /** Builds and signs without submitting. */
  async sign(
    request: PayloadRequest | TransferRequest,
    options: CallOptions = {},
  ): Promise<SignedTransaction> {
    const [signed] = await this.#build([request], options);
    if (signed === undefined) throw new AtollError('ARGUMENT_INVALID', 'nothing to sign');
    return signed;
  }

  /** Two sends at once must not take the same nonce: the second asks after the first is in the mempool. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#turn.then(task, task);
    this.#turn = run.catch(() => {});
    return run;
  }

  async #build(requests: readonly SendRequest[], options: CallOptions): Promise<SignedTransaction[]> {
    if (requests.every(isSigned)) return [...requests];
    const signer = this.#deps.signer;
    if (signer === undefined) throw new AtollError('SIGNER_MISSING', 'createClient was given no signer');
    const callOptions = { ...options, ...pickSignal(requests) };
    const [account, situation] = await Promise.all([
      this.#deps.account(signer.address, callOptions),
      this.#situation(callOptions),
    ]);
    let nonce = account.pendingNonce;
    const signed: SignedTransaction[] = [];
    for (const request of requests) {
      if (isSigned(request)) {
        signed.push(request);
        continue;
      }
      const own = request.nonce ?? nonce;
      signed.push(await this.#sign(request, own, signer, situation, callOptions));
      nonce = Math.max(nonce, own + 1);
    }
    return signed;
  }

  async #situation(options: CallOptions): Promise<Situation> {
    const { transport } = this.#deps;
    const isKnown = this.#fees !== null && this.#fees.readMs + FEES_MS > Date.now();
    if (this.#fees === null || !isKnown || transport.genesisHash === null) {
      const { params, genesis_hash, height } = await this.#deps.info(options);
      transport.observe(height, genesis_hash);
      const param = (name: string) => BigInt(params[name] ?? 0);
      this.#fees = {
        minFee: param('min_fee'),
        feePerByte: param('fee_per_byte'),
        newAccountFee: param('new_account_fee'),
        readMs: Date.now(),
      };
    }
    const genesisHash = parseHash(transport.genesisHash ?? '');
    return { fees: this.#fees, genesisHash, height: transport.seenHeight };
  }

  async #sign(
    request: TransferRequest | PayloadRequest,
    nonce: number,
    signer: Signer,
    { fees, genesisHash, height }: Situation,
    options: CallOptions,
  ): Promise<SignedTransaction> {
    const { type, payload } = payloadOf(request);
    const validUntil = request.validUntil ?? height + VALID_BLOCKS_DEFAULT;
    const unsigned = { type, nonce, validUntil, payload };
    const opens = request.fee === undefined && (await this.#opensAccount(request, fees, options));
    const fee = request.fee ?? leastFee(unsigned, signer, fees) + (opens ? fees.newAccountFee : 0n);
    return signTransaction({ ...unsigned, fee }, genesisHash, signer, registry);
  }

  async #opensAccount(
    request: TransferRequest | PayloadRequest,
    fees: FeeParams,
    options: CallOptions,
  ): Promise<boolean> {
    if (fees.newAccountFee === 0n || !('to' in request)) return false;
    return !(await this.#deps.account(request.to, options)).exists;
  }

  async #submit(
    transactions: readonly SignedTransaction[],
    options: CallOptions,
  ): Promise<(SentTransaction | AtollError)[]> {
    const outcomes: (SentTransaction | AtollError)[] = [];
    for (let start = 0; start < transactions.length; start += BATCH_MAX) {
      outcomes.push(...(await this.#submitBatch(transactions.slice(start, start + BATCH_MAX), options)));
    }
    return outcomes;
  }

  async #submitBatch(
    batch: readonly SignedTransaction[],
    { signal }: CallOptions,
  ): Promise<(SentTransaction | AtollError)[]> {
    const { transport } = this.#deps;
    // Sending the same bytes again gives the same answer, so a lost answer is no reason to give up.
    const call = { signal, idempotent: true };
    const bodies = batch.map((signed) => submitBody(signed, transport.genesisHash));
    const [only] = batch;
    if (only !== undefined && batch.length === 1) {
      const outcome = await transport
        .post<SubmitOutcome>('/rpc/send_tx', bodies[0], call)
        .catch((error: unknown) => this.#failed(error));
      return [new SentTransaction(transport, only, bodies[0], outcome)];
    }
    const answer = await transport.post<{ results: (SubmitOutcome | { error: Problem })[] }>(
      '/rpc/send_txs',
      { transactions: bodies },
      call,
    );
    return batch.map((signed, index) => {
      const result = answer.results[index];
      if (result === undefined)
        return new AtollError('ANSWER_INVALID', `no outcome for transaction ${index}`);
      if ('error' in result) this.#noteRefusal(result.error.code);
      return 'error' in result
        ? errorOf(result.error)
        : new SentTransaction(transport, signed, bodies[index], result);
    });
  }

  #failed(error: unknown): never {
    if (error instanceof AtollError) this.#noteRefusal(error.code);
    throw error;
  }

  /** A fee that is refused shows that a vote has raised it: the next transaction asks anew. */
  #noteRefusal(code: AtollError['code']): void {
    if (code === 'TX_FEE_TOO_LOW') this.#fees = null;
  }
}

function isSigned(request: SendRequest): request is SignedTransaction {
  return 'transaction' in request && 'bytes' in request;
}

function pickSignal(requests: readonly SendRequest[]): CallOptions {
  const [first] = requests;
  return first !== undefined && !isSigned(first) && first.signal !== undefined
    ? { signal: first.signal }
    : {};
}

function payloadOf(request: TransferRequest | PayloadRequest): { type: number; payload: unknown } {
  if ('to' in request) {
    const { to, amount, asset = '' } = request;
    return { type: typeCode('transfer'), payload: { recipient: parseAddress(to), asset, amount } };
  }
  return { type: typeCode(request.type), payload: request.payload };
}

function typeCode(name: string): number {
  const type = registry.byName(name);
  if (type === undefined) throw new AtollError('ARGUMENT_INVALID', `no transaction type ${name}`);
  return type.type;
}

/** The payload of a message as its transaction type takes it. */
export function messagePayload(request: MessageRequest): PayloadRequest {
  const { to, body, contentType, ...options } = request;
  const isText = typeof body === 'string';
  const payload = {
    recipient: parseAddress(to),
    contentType: contentType ?? (isText ? 'text/plain' : 'application/octet-stream'),
    body: isText ? new TextEncoder().encode(body) : body,
  };
  return { ...options, type: 'message', payload };
}

/** The fee counts in the size that it pays for: a few rounds reach the fee that pays for its own bytes. */
function leastFee(
  unsigned: Omit<SendOptions, 'fee' | 'signal'> & { type: number; payload: unknown },
  signer: Signer,
  fees: FeeParams,
): bigint {
  let fee = 0n;
  for (;;) {
    const { type, payload, nonce = 0, validUntil = 0 } = unsigned;
    const keyed = {
      type,
      payload,
      nonce,
      validUntil,
      fee,
      publicKey: signer.publicKey,
      signature: NO_SIGNATURE,
    };
    const needed = fees.minFee + fees.feePerByte * BigInt(encodeTransaction(keyed, registry).length);
    if (needed <= fee) return fee;
    fee = needed;
  }
}

const NO_SIGNATURE = new Uint8Array(64);

/** The JSON that `send_tx` takes. */
function submitBody(signed: SignedTransaction, genesisHash: string | null): Record<string, unknown> {
  const { transaction } = signed;
  const type = registry.get(transaction.type);
  if (type === undefined) throw new AtollError('ARGUMENT_INVALID', `no transaction type ${transaction.type}`);
  return {
    type: type.name,
    public_key: toHex(transaction.publicKey),
    nonce: transaction.nonce,
    fee: transaction.fee.toString(),
    valid_until: transaction.validUntil,
    payload: payloadToWire(type, transaction.payload),
    signature: toHex(transaction.signature),
    ...(genesisHash === null ? {} : { genesis_hash: genesisHash }),
  };
}
