/** @module Pending transactions of a simulated node. They outlive a crash, as rows of the production mempool do. */
import type { Address } from '../../shared/protocol/primitives/brand.ts';
import { readAccount } from '../../shared/protocol/state/account.ts';
import type { SignedTransaction } from '../../shared/protocol/transaction/transaction.ts';
import type { SimulatedNode } from './node.ts';

/** Transactions in one message to a proposer. */
const OLDEST_MAX = 16;

export class Pool {
  readonly #node: SimulatedNode;
  readonly #pending = new Map<string, SignedTransaction>();
  /** Next nonces in the state of the head. */
  readonly #nonces = new Map<Address, number>();

  constructor(node: SimulatedNode) {
    this.#node = node;
  }

  /** True if any of them is new here. */
  add(transactions: readonly SignedTransaction[]): boolean {
    let added = false;
    for (const signed of transactions) {
      if (this.#pending.has(signed.hash) || signed.transaction.nonce < this.nonceOf(signed.sender)) continue;
      this.#pending.set(signed.hash, signed);
      added = true;
    }
    return added;
  }

  hasWork(): boolean {
    for (const { transaction, sender } of this.#pending.values()) {
      if (transaction.nonce === this.nonceOf(sender)) return true;
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

  /** The head has moved by a block with these transactions. */
  forget(transactions: readonly SignedTransaction[]): void {
    for (const { hash, sender } of transactions) {
      this.#pending.delete(hash);
      this.#nonces.delete(sender);
    }
    for (const [hash, { transaction, sender }] of this.#pending) {
      if (transaction.nonce < this.nonceOf(sender)) this.#pending.delete(hash);
    }
  }

  /** The turn in which they were in a block has not happened. */
  putBack(transactions: readonly SignedTransaction[]): void {
    for (const signed of transactions) this.#pending.set(signed.hash, signed);
  }

  /** The head is another one. */
  restored(): void {
    this.#nonces.clear();
  }

  /** The next nonce of an account. */
  nonceOf(address: Address): number {
    let nonce = this.#nonces.get(address);
    if (nonce === undefined) {
      nonce = readAccount(this.#node.life?.chainState ?? this.#node.storage.store, address).nonce;
      this.#nonces.set(address, nonce);
    }
    return nonce;
  }
}
