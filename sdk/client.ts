/** @module The client of one chain: reads, transactions, messages, subscriptions. */

import type { Topic } from '../shared/api/frames.ts';
import type { AccountWire } from '../shared/api/schemas/account.ts';
import type { FeeEstimateWire } from '../shared/api/schemas/transaction.ts';
import type { SignedTransaction } from '../shared/protocol/transaction/transaction.ts';
import type { AtollError } from './errors.ts';
import { pages } from './pages.ts';
import { messagePayload, Sender } from './sender.ts';
import type { SentTransaction } from './sent-transaction.ts';
import type { Signer } from './signer.ts';
import type { WebSocketConstructor } from './socket.ts';
import { type SubscribeOptions, Subscription } from './subscribe.ts';
import type { EventData } from './subscription-events.ts';
import { type Fetch, Transport } from './transport.ts';
import type {
  Account,
  Block,
  CallOptions,
  Commit,
  Consensus,
  EvidenceList,
  FeeEstimate,
  Head,
  Info,
  ListOptions,
  Mempool,
  Message,
  MessageRequest,
  PayloadRequest,
  SendRequest,
  Staking,
  SyncStatus,
  Transaction,
  TransferRequest,
  ValidatorList,
} from './types.ts';

/** How to reach a chain. */
export interface ClientOptions {
  /** Of the node: `https://node.example`. */
  readonly url: string;
  /** Absent = the node's default chain. */
  readonly chainId?: string;
  /** Signs what `send` sends. */
  readonly signer?: Signer;
  readonly fetch?: Fetch;
  /** Default: the global one of browsers, Workers and Node. */
  readonly WebSocket?: WebSocketConstructor;
  /** Of one request, in milliseconds. */
  readonly timeoutMs?: number;
}

/** Makes a client. Nothing is sent before the first call. */
export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

export class Client {
  readonly #transport: Transport;
  readonly #sender: Sender;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions) {
    const { url, chainId, fetch, timeoutMs, signer } = options;
    this.#options = options;
    this.#transport = new Transport({ url, chainId, fetch, timeoutMs });
    this.#sender = new Sender({
      transport: this.#transport,
      signer,
      info: (call) => this.info(call),
      account: (address, call) => this.accounts.get(address, call),
    });
  }

  /** Blocks by height, hash or `latest`, and all of them as a list, newest first. */
  readonly blocks = {
    get: (id: number | string, { signal }: CallOptions = {}): Promise<Block> =>
      this.#transport.get<Block>(`/rpc/get_block/${encodeURIComponent(id)}`, { signal }),
    list: (options: ListOptions & { order?: 'asc' | 'desc' } = {}): AsyncGenerator<Block, void, undefined> =>
      pages<Block>(this.#transport, '/rpc/blocks', 'blocks', { order: options.order }, options),
  };

  /** Transactions by hash, and lists by address or type. */
  readonly transactions = {
    get: (hash: string, { signal }: CallOptions = {}): Promise<Transaction> =>
      this.#transport.get<Transaction>(`/rpc/transaction/${encodeURIComponent(hash)}`, { signal }),
    list: (
      options: ListOptions & { address?: string; type?: string } = {},
    ): AsyncGenerator<Transaction, void, undefined> => {
      const { address, type } = options;
      return pages<Transaction>(
        this.#transport,
        '/rpc/transactions',
        'transactions',
        { address, type },
        options,
      );
    },
  };

  readonly accounts = {
    /** An unknown address has zeros and `exists: false`. */
    get: async (address: string, { signal }: CallOptions = {}): Promise<Account> => {
      const path = `/rpc/accounts/${encodeURIComponent(address)}`;
      const wire = await this.#transport.get<AccountWire>(path, { signal });
      const { balance, exists, height, nonce, pending_nonce } = wire;
      return {
        address: wire.address,
        exists,
        balance: BigInt(balance),
        nonce,
        pendingNonce: pending_nonce,
        height,
      };
    },
  };

  readonly messages = {
    /** Sends bytes or text to an address. */
    send: (request: MessageRequest): Promise<SentTransaction> =>
      this.#sender.send(messagePayload(request), request),
    /** Messages to and from an address; default the signer's. */
    inbox: (options: ListOptions & { address?: string } = {}): AsyncGenerator<Message, void, undefined> => {
      const address = options.address ?? this.#options.signer?.address;
      return pages<Message>(this.#transport, '/rpc/messages', 'messages', { address }, options);
    },
  };

  /** Highest height that this client has seen. No later read is older. */
  get seenHeight(): number {
    return this.#transport.seenHeight;
  }

  head({ signal }: CallOptions = {}): Promise<Head> {
    return this.#transport.get<Head>('/rpc/get_head', { signal });
  }

  info({ signal }: CallOptions = {}): Promise<Info> {
    return this.#transport.get<Info>('/rpc/info', { signal, fresh: false });
  }

  /** How the open height stands on this node: round, step, votes, who is missing. */
  consensus({ signal }: CallOptions = {}): Promise<Consensus> {
    return this.#transport.get<Consensus>('/rpc/consensus', { signal, fresh: false });
  }

  /** The validator set that signs a height; the next one unless said. */
  validators({ signal, height }: CallOptions & { height?: number } = {}): Promise<ValidatorList> {
    return this.#transport.get<ValidatorList>('/rpc/validators', { signal, query: { height } });
  }

  /** How far the node is with the blocks of its peers, without waking its chain. */
  syncStatus({ signal }: CallOptions = {}): Promise<SyncStatus> {
    return this.#transport.get<SyncStatus>('/sync_status', { signal, fresh: false });
  }

  /** Why a block is final: header, certificate, signers. */
  commit(height: number | 'latest', { signal }: CallOptions = {}): Promise<Commit> {
    return this.#transport.get<Commit>(`/rpc/commit/${height}`, { signal });
  }

  /** Delegations, unbonding and rewards of an account; amounts as decimal strings. */
  staking(address: string, { signal }: CallOptions = {}): Promise<Staking> {
    return this.#transport.get<Staking>(`/rpc/staking/${encodeURIComponent(address)}`, { signal });
  }

  /** Who signed twice, newest first. */
  evidence({ signal, limit }: CallOptions & { limit?: number } = {}): Promise<EvidenceList> {
    return this.#transport.get<EvidenceList>('/rpc/evidence', { signal, query: { limit } });
  }

  async mempool({ signal }: CallOptions = {}): Promise<Mempool> {
    const { count, bytes, height } = await this.#transport.get<Mempool>('/rpc/mempool', {
      signal,
      fresh: false,
    });
    return { count, bytes, height };
  }

  /** Signs and submits; resolves with a handle once the node has it durably. */
  send(request: SendRequest, options: CallOptions = {}): Promise<SentTransaction> {
    return this.#sender.send(request, { ...signalOf(request), ...options });
  }

  /** Many in order, up to 500 a request; one handle or error for each. */
  sendMany(
    requests: readonly SendRequest[],
    options: CallOptions = {},
  ): Promise<(SentTransaction | AtollError)[]> {
    return this.#sender.sendMany(requests, options);
  }

  /** Signs without submitting. */
  sign(request: TransferRequest | PayloadRequest): Promise<SignedTransaction> {
    return this.#sender.sign(request, signalOf(request));
  }

  /** Asks the node what a payload would cost. Amounts in `payload` are decimal strings, bytes 0x-hex. */
  async estimateFee(
    request: { type?: string; payload: Record<string, unknown> },
    { signal }: CallOptions = {},
  ): Promise<FeeEstimate> {
    const call = { signal, idempotent: true };
    const wire = await this.#transport.post<FeeEstimateWire>('/rpc/estimate_fee', request, call);
    return {
      fee: BigInt(wire.fee),
      minFee: BigInt(wire.min_fee),
      feePerByte: BigInt(wire.fee_per_byte),
      newAccountFee: BigInt(wire.new_account_fee),
      sizeBytes: wire.size_bytes,
    };
  }

  /** Events in order, without a gap or a repeat, through reconnects. Leaving the loop ends the subscription. */
  subscribe<T extends Topic>(topic: T, options: SubscribeOptions = {}): Subscription<EventData[T]> {
    return new Subscription<EventData[T]>(this.#transport, topic, options, this.#options.WebSocket);
  }
}

function signalOf(request: SendRequest): CallOptions {
  return 'signal' in request && request.signal !== undefined ? { signal: request.signal } : {};
}
