/** @module What a chain tells of its present state: accounts, pending transactions, and final ones the ledger lacks. */
import type {
  AccountView,
  PendingTransaction,
  StoredBlock,
  TransactionStatus,
} from '../../shared/api/objects.ts';
import { parseAddress } from '../../shared/protocol/primitives/address.ts';
import { readAccount } from '../../shared/protocol/state/account.ts';
import type { Finality } from './finality.ts';
import type { ChainStore } from './store.ts';
import type { TransactionPool } from './transaction-pool.ts';

export class ChainReads {
  readonly #store: ChainStore;
  readonly #pool: TransactionPool;
  readonly #finality: Finality;
  readonly #headHeight: () => number;

  constructor(store: ChainStore, pool: TransactionPool, finality: Finality, headHeight: () => number) {
    this.#store = store;
    this.#pool = pool;
    this.#finality = finality;
    this.#headHeight = headHeight;
  }

  account(text: string): AccountView {
    const address = parseAddress(text);
    const { exists, balance, nonce } = readAccount(this.#store, address);
    const pending_nonce = this.#pool.pendingNonce(address, nonce);
    return { address, exists, balance, nonce, pending_nonce, height: this.#headHeight() };
  }

  /** Pending, departed, or final in a block that the ledger may not have yet; `unknown` = ask the ledger. */
  transaction(hash: string): {
    status: TransactionStatus | 'unknown';
    pending?: PendingTransaction;
    block?: StoredBlock;
    tx_index?: number;
  } {
    const pending = this.#pool.get(hash);
    if (pending !== undefined) return { status: 'pending', pending };
    const position = this.#finality.position(hash);
    if (position !== undefined) {
      const block = this.#store.block(position.height);
      if (block !== null) return { status: 'final', block, tx_index: position.txIndex };
    }
    return { status: this.#store.departed(hash) ?? 'unknown' };
  }

  mempoolPage(
    limit: number,
    after?: string,
  ): {
    transactions: PendingTransaction[];
    total: number;
    bytes: number;
    next: string | null;
    height: number;
  } {
    const { transactions, next } = this.#pool.page(limit, after);
    return {
      transactions,
      total: this.#pool.size,
      bytes: this.#pool.bytes,
      next,
      height: this.#headHeight(),
    };
  }
}
