/** @module Pending transactions of a simulated node. They outlive a crash, as rows of the production mempool do. */
import { addressOf } from '../../shared/protocol/crypto/keys.ts';
import { readAccount } from '../../shared/protocol/state/account.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import type { SimulatedNode } from './node.ts';
import { aSigner } from './world.ts';

/** Transactions in one message to a proposer. */
const OLDEST_MAX = 16;

export class Pool {
  readonly #node: SimulatedNode;
  readonly #pending = new Map<string, SignedTransaction>();

  constructor(node: SimulatedNode) {
    this.#node = node;
  }

  /** True if any of them is new here. */
  add(transactions: readonly SignedTransaction[]): boolean {
    let added = false;
    for (const signed of transactions) {
      if (this.#pending.has(signed.hash) || signed.transaction.nonce < this.#nonceOf(signed)) continue;
      this.#pending.set(signed.hash, signed);
      added = true;
    }
    return added;
  }

  hasWork(): boolean {
    if (this.#node.simulation.world.genesis.params.emptyBlocks === 'always') return true;
    for (const signed of this.#pending.values()) {
      if (signed.transaction.nonce === this.#nonceOf(signed)) return true;
    }
    return false;
  }

  candidates(): SignedTransaction[] {
    return [...this.#pending.values()].sort(
      (left, right) => left.transaction.nonce - right.transaction.nonce || (left.hash < right.hash ? -1 : 1),
    );
  }

  oldest(): SignedTransaction[] {
    return this.candidates().slice(0, OLDEST_MAX);
  }

  forget(transactions: readonly SignedTransaction[]): void {
    for (const { hash } of transactions) this.#pending.delete(hash);
    for (const [hash, signed] of this.#pending) {
      if (signed.transaction.nonce < this.#nonceOf(signed)) this.#pending.delete(hash);
    }
  }

  /** Next nonce of one of the accounts of the workload. */
  nonceAt(account: number): number {
    const address = addressOf(aSigner(`account ${account}`).publicKey);
    return readAccount(this.#node.storage.store, address).nonce;
  }

  #nonceOf({ sender }: SignedTransaction): number {
    return readAccount(this.#node.storage.store, sender).nonce;
  }
}
