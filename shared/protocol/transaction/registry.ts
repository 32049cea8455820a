/** @module The transaction types of the protocol, codes 0 to 16. */
import { TransactionRegistry } from './define-transaction.ts';
import { ownTransactions } from './own-types.ts';
import { anchor, clientUpdate, transferClaim, transferLock, transferRefund } from './types/cross-chain.ts';
import { authorityVote } from './types/governance.ts';
import { message } from './types/message.ts';
import { stake, unjail, unstake, validatorRegister, validatorUpdate, withdraw } from './types/staking.ts';
import { swapClaim, swapLock, swapRefund } from './types/swap.ts';
import { transfer } from './types/transfer.ts';

/** Every type of the protocol; `extend` adds those of an app chain. */
export const builtInTransactions: TransactionRegistry = new TransactionRegistry([
  transfer,
  message,
  stake,
  unstake,
  validatorRegister,
  validatorUpdate,
  authorityVote,
  unjail,
  withdraw,
  transferLock,
  transferClaim,
  transferRefund,
  clientUpdate,
  anchor,
  swapLock,
  swapClaim,
  swapRefund,
]);

/** Every type that this tree's nodes execute: those of the protocol and those of its app chain. */
export const nodeTransactions: TransactionRegistry = builtInTransactions.extend(...ownTransactions);
