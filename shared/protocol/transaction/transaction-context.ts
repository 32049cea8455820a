/** @module What a transaction type may see and do while it is applied. Execution provides it over the state. */
import type { Address, HashHex } from '../primitives/brand.ts';
import type { ChainParams } from '../primitives/chain-params.ts';
import type { StateReader } from '../primitives/state-reader.ts';
import type { ReceiptEvent } from './receipt.ts';
import type { ValidatorActions } from './validator-actions.ts';

/** An account as execution sees it. */
export interface AccountState {
  /** Next nonce that a block expects. */
  readonly nonce: number;
  /** Native units. */
  readonly balance: bigint;
  /** False for an address that no record stands for; nonce and balance are 0 then. */
  readonly exists: boolean;
}

/**
 * The port of `apply`. Every change is undone when `apply` throws a TransactionFailure.
 * An own type keeps its records under a namespace of its own; 'account' is reached through credit and debit only.
 */
export interface TransactionContext extends StateReader {
  readonly height: number;
  /** Time of the block, milliseconds since 1970. */
  readonly timeMs: number;
  readonly params: ChainParams;
  readonly sender: Address;
  readonly txHash: HashHex;
  /** What the sender may do with validators, stake and votes. */
  readonly validators: ValidatorActions;
  /** The account as it stands now, the sender's after its fee was taken. */
  account(address: Address): AccountState;
  /** Adds native units. Opening an account needs a fee that also covers `newAccountFee` (NEW_ACCOUNT_FEE). */
  credit(address: Address, amount: bigint): void;
  /** Takes native units, or fails with INSUFFICIENT_BALANCE. */
  debit(address: Address, amount: bigint): void;
  /** Writes a record; null deletes it. */
  set(namespace: string, key: Uint8Array, value: Uint8Array | null): void;
  /** Adds an event that the type documents, with one value per documented name. Integers become bigint. */
  emit(name: string, values: ReceiptEvent['values']): void;
}
