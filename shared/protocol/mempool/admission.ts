/** @module Whether the mempool takes a transaction, as far as its sender is concerned. */
import { replacementFee } from '../transaction/fees.ts';
import { MempoolError } from './errors.ts';
import type { MempoolLimits } from './limits.ts';
import type { PoolEntry } from './pool-entry.ts';
import type { SenderQueue } from './sender-queue.ts';

/** What admission reads of an account. */
export interface AdmissionAccount {
  /** Next nonce that a block expects. */
  readonly nonce: number;
  /** Native units. */
  readonly balance: bigint;
}

/** Throws MempoolError unless the entry fits its sender's queue; returns the entry that it would replace. */
export function checkAdmission(
  entry: PoolEntry,
  queue: SenderQueue | undefined,
  account: AdmissionAccount,
  limits: MempoolLimits,
): PoolEntry | undefined {
  checkNonce(entry.signed.transaction.nonce, queue?.pendingNonce ?? account.nonce, account.nonce, limits);
  const replaced = queue?.at(entry.signed.transaction.nonce);
  if (replaced !== undefined) checkReplacement(entry, replaced);
  const pending = queue?.size ?? 0;
  if (replaced === undefined && pending >= limits.senderTransactionsMax) {
    const details = { pending, max: limits.senderTransactionsMax };
    throw new MempoolError(
      'MEMPOOL_SENDER_LIMIT',
      `${pending} transactions of the sender are pending`,
      details,
    );
  }
  const cost = (queue?.cost ?? 0n) + entry.cost - (replaced?.cost ?? 0n);
  if (cost > account.balance) {
    const details = { expected: cost.toString(), actual: account.balance.toString() };
    throw new MempoolError('TX_INSUFFICIENT_BALANCE', 'the balance does not cover what is pending', details);
  }
  return replaced;
}

function checkNonce(nonce: number, pendingNonce: number, accountNonce: number, limits: MempoolLimits): void {
  if (nonce < accountNonce) {
    const details = { expected: accountNonce, actual: nonce };
    throw new MempoolError('TX_NONCE_TOO_LOW', `nonce ${nonce} was used, ${accountNonce} is next`, details);
  }
  const furthest = pendingNonce + limits.nonceGapMax;
  if (nonce > furthest) {
    const details = { expected: pendingNonce, actual: nonce, max: furthest };
    throw new MempoolError('TX_NONCE_TOO_FAR', `nonce ${nonce} is beyond ${furthest}`, details);
  }
}

function checkReplacement(entry: PoolEntry, replaced: PoolEntry): void {
  const required = replacementFee(replaced.signed.transaction.fee);
  const { fee } = entry.signed.transaction;
  if (fee >= required) return;
  const details = { expected: required.toString(), actual: fee.toString(), pending: replaced.signed.hash };
  throw new MempoolError('TX_REPLACEMENT_UNDERPRICED', `replacing takes a fee of ${required}`, details);
}
