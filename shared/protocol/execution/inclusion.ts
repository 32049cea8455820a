/**
 * @module Which transactions may be in a block at a given point: those that can at least pay for being
 * there.
 */
import type { Address } from '../primitives/brand.ts';
import { ProtocolError } from '../primitives/errors.ts';
import type { BlockEnvironment } from '../state/block-environment.ts';
import { checkTransaction, checkValidUntil } from '../transaction/check.ts';
import type { TransactionRegistry } from '../transaction/define-transaction.ts';
import type { SignedTransaction } from '../transaction/transaction.ts';
import type { AccountState } from '../transaction/transaction-context.ts';

/** Stable codes of what depends on the sender's account. */
export type InclusionErrorCode =
  /** The nonce was used in an earlier block or earlier in this one. */
  | 'TX_NONCE_TOO_LOW'
  /** A transaction of this sender is missing before it. */
  | 'TX_NONCE_TOO_HIGH'
  /** The balance does not cover the fee at this point. */
  | 'TX_CANNOT_PAY_FEE'
  /** The chain is between parties and the sender is none of them. */
  | 'TX_SENDER_NOT_A_PARTY'
  /** The receipts of the block would exceed what one row holds. */
  | 'TX_RECEIPT_DOES_NOT_FIT';

/** A transaction that would make a block invalid at this point. */
export class InclusionError extends ProtocolError<InclusionErrorCode> {
  override readonly name = 'InclusionError';
}

/** Rules of the chain that inclusion needs. */
export interface InclusionRules {
  readonly registry: TransactionRegistry;
  /** Empty = everyone. */
  readonly parties: readonly Address[];
}

/**
 * Throws TransactionError or InclusionError unless the transaction may be applied now. Signatures are not
 * checked here.
 */
export function checkInclusion(
  rules: InclusionRules,
  environment: BlockEnvironment,
  signed: SignedTransaction,
  account: AccountState,
): void {
  checkTransaction(signed, environment.params, rules.registry);
  checkValidUntil(signed, environment.height);
  const { nonce, fee } = signed.transaction;
  if (rules.parties.length > 0 && !rules.parties.includes(signed.sender)) {
    throw new InclusionError('TX_SENDER_NOT_A_PARTY', 'only the parties of this chain may transact');
  }
  if (nonce !== account.nonce) {
    const code = nonce < account.nonce ? 'TX_NONCE_TOO_LOW' : 'TX_NONCE_TOO_HIGH';
    throw new InclusionError(code, `nonce ${nonce}, account expects ${account.nonce}`, {
      expected: account.nonce,
      actual: nonce,
    });
  }
  if (account.balance < fee) {
    const details = { fee: fee.toString(), balance: account.balance.toString() };
    throw new InclusionError('TX_CANNOT_PAY_FEE', 'the balance does not cover the fee', details);
  }
}
