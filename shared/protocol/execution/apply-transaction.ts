/** @module One transaction: fee and nonce are taken, then its type does its work or leaves no other trace. */
import { assert } from '../primitives/assert.ts';
import { readAccount, writeAccount } from '../state/account.ts';
import type { BlockEnvironment } from '../state/block-environment.ts';
import type { Overlay } from '../state/overlay.ts';
import { OverlayContext } from '../state/transaction-context.ts';
import type { Receipt } from '../transaction/receipt.ts';
import { RECEIPT_STATUS, TransactionFailure } from '../transaction/receipt-status.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import { checkInclusion, type InclusionRules } from './inclusion.ts';

/**
 * Applies a transaction whose signature was checked. Throws TransactionError or InclusionError, with the
 * overlay unchanged, if it may not be in the block at this point; every other failure is a receipt with its
 * status.
 */
export function applyTransaction(
  rules: InclusionRules,
  environment: BlockEnvironment,
  overlay: Overlay,
  signed: SignedTransaction,
): Receipt {
  const { transaction, sender, hash } = signed;
  const account = readAccount(overlay, sender);
  checkInclusion(rules, environment, signed, account);
  const type = rules.registry.get(transaction.type);
  assert(type !== undefined, 'inclusion was checked');
  writeAccount(overlay, sender, { nonce: account.nonce + 1, balance: account.balance - transaction.fee });
  const mark = overlay.checkpoint();
  const context = new OverlayContext(overlay, environment, signed, type);
  try {
    type.apply(context, transaction);
    return { txHash: hash, status: RECEIPT_STATUS.OK, fee: transaction.fee, events: context.events };
  } catch (error) {
    if (!(error instanceof TransactionFailure)) throw error;
    overlay.rollback(mark);
    return { txHash: hash, status: error.status, fee: transaction.fee, events: [] };
  }
}
